import * as assert from "node:assert/strict";
import { compare, ratios, valueOf } from "../../bench/results/ratios";
import type { Figure } from "../../bench/results/results";

const figure = (measure: string, of: string, ...values: number[]): Figure => ({ measure, of, unit: "s", values });

/** A run in which a rollback takes us so many times as long as `kubectl patch`. */
const run = (times: number): { figures: Figure[] } => ({
    figures: [
        figure("rollback", "kubectl patch", 0.3, 0.1, 0.2),
        figure("rollback", "upshift", 0.2 * times),
        figure("shift", "kubectl patch", 0.2),
    ],
});

describe("the bench's ratios", () => {
    const [ours] = ratios.filter(
        ({ measure, of, to }) => measure === "rollback" && of === "upshift" && to === "kubectl patch",
    );
    assert.ok(ours);

    it("are of the medians of one measure", () => {
        assert.equal(valueOf(ours, run(1.5))?.toFixed(6), "1.500000");
    });

    it("are not there where one of the two was not measured", () => {
        assert.equal(valueOf(ours, { figures: [figure("rollback", "upshift", 1)] }), undefined);
        assert.equal(
            valueOf(ours, { figures: [figure("shift", "upshift", 1), figure("shift", "kubectl patch", 1)] }),
            undefined,
        );
    });

    it("are worse beyond a quarter more than was committed, and not at less", () => {
        const [slightly, ...others] = compare(run(1), run(1.24));
        assert.deepEqual([slightly?.isWorse, others.length], [false, 0]);
        assert.deepEqual(
            compare(run(1), run(1.26)).map(({ isWorse }) => isWorse),
            [true],
        );
    });

    it("may become better by however much", () => {
        assert.deepEqual(
            compare(run(1.5), run(0.2)).map(({ isWorse }) => isWorse),
            [false],
        );
    });

    it("compare only what both runs have", () => {
        assert.deepEqual(compare(run(1), { figures: [figure("shift", "kubectl patch", 1)] }), []);
    });

    it("hold what the aims name", () => {
        const aims = ratios.filter(({ atMost }) => atMost !== undefined).map(({ name, atMost }) => [name, atMost]);
        assert.deepEqual(aims, [
            ["cold: upshift, the shop / bare program", 1.1],
            ["shift: upshift / kubectl patch", 4],
            ["rollback: upshift / kubectl patch", 1.5],
            ["rollback: upshift / Argo Rollouts", 1.2],
            ["official: preview, embedded provider / preview, official provider", 1],
            ["official: preview --refresh, embedded provider / preview --refresh, official provider", 1],
        ]);
    });
});
