import * as assert from "node:assert/strict";
import type { Figure } from "../../bench/results/results";
import { expected, exponentOf } from "../../bench/scale/fit";
import { scalePlot } from "../../bench/scale/plot";
import { scaleTable } from "../../bench/scale/table";

const points = (of: (services: number) => number, sizes = [1, 10, 100, 1000]) =>
    sizes.map((services) => ({ services, seconds: of(services) }));
const figures = (of: string, at: (services: number) => number): Figure[] =>
    points(at).map(({ services, seconds }) => ({
        measure: "scale",
        of,
        services,
        unit: "s",
        values: [seconds],
        cpu: [2 * seconds],
    }));

describe("how time grows with the number of services", () => {
    it("is the exponent of the power that comes nearest, from ten services on", () => {
        assert.ok(Math.abs((exponentOf(points((n) => 0.02 * n ** 1.3)) ?? 0) - 1.3) < 1e-9);
        const withStart = points((n) => (n === 1 ? 99 : n));
        assert.ok(Math.abs((exponentOf(withStart) ?? 0) - 1) < 1e-9);
    });

    it("is not known of a single size", () => {
        assert.equal(exponentOf(points(() => 1, [1, 10])), undefined);
    });

    it("is expected to go on as between the last two sizes, and linearly at least", () => {
        assert.equal(expected([], 10), undefined);
        assert.equal(
            Math.round(
                expected(
                    points((n) => n * n, [10, 100]),
                    1000,
                ) ?? 0,
            ),
            1_000_000,
        );
        assert.equal(
            Math.round(
                expected(
                    points(() => 2, [10, 100]),
                    1000,
                ) ?? 0,
            ),
            20,
        );
    });
});

describe("the table of many services", () => {
    const rows = [
        ...figures("preview, one stack", (n) => n ** 1.2),
        ...figures("up, one changed, one stack", (n) => 2 + n / 100),
    ];
    const table = scaleTable(rows).join("\n");

    it("has a column for each number of services, and says where growth misses its aim", () => {
        assert.match(table, /^\| seconds, services: \| 1 \| 10 \| 100 \| 1,000 \| exponent/);
        assert.match(table, /\| preview, one stack \| 1\.00 \| 15\.8 .*\| 1\.20: \*\*missed\*\* \|/);
    });

    it("says how much longer one change takes among the most services than among ten", () => {
        assert.match(table, /With one stack, changing one of 1,000 takes 5\.71 times .*\*\*missed\*\*/);
    });

    it("has the CPU of the same runs beside it", () => {
        assert.match(table, /^\| CPU seconds, services: [^]*\| preview, one stack \| 2\.00 \| 31\.7 /m);
    });

    it("has an empty cell for what was not measured", () => {
        const some = rows.filter(({ of, services }) => of.startsWith("preview") || services !== 1000);
        assert.match(scaleTable(some).join("\n"), /\| up, one changed, one stack \| 2\.01 \| 2\.10 \| 3\.00 \| {2}\|/);
    });

    it("has a picture with a line for each update", () => {
        assert.equal(scalePlot("Many", rows).match(/<path class="line"/g)?.length, 1);
    });
});
