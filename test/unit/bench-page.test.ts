import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { measures as all } from "../../bench/measures/all";
import { notes } from "../../bench/results/notes";
import { pageOf, plotName } from "../../bench/results/page";
import { plotSvg } from "../../bench/results/plot";
import { type Figure, merged, readResults, type Results } from "../../bench/results/results";
import { projectRoot } from "../../cluster/paths";

const figures: Figure[] = [
    {
        measure: "rollback",
        of: "upshift",
        unit: "s",
        values: [0.4, 0.2, 0.3],
        rate: 200,
        requests: 1200,
        failed: 2,
        reasons: ["503 no | way"],
    },
    { measure: "rollback", of: "kubectl patch", unit: "s", values: [0.2], requests: 400, failed: 0 },
];
const results: Results = {
    began: "2026-11-26T20:00:00.000Z",
    machine: "2 cores",
    versions: { Istio: "1.31.0" },
    load: 1,
    cores: 2,
    figures,
    missing: [{ measure: "rollback", of: "Flagger", why: "it did not\ncome up" }],
};
const measures = [
    { name: "rollback", title: "Time to take users back", how: "Timed." },
    { name: "cold", title: "A cold up", how: "Timed too." },
];

describe("the page of the bench", () => {
    const page = pageOf(results, measures, "## Notes");

    it("has a row for each that was measured, with median, smallest, largest and runs", () => {
        assert.match(page, /^\| upshift \| 0\.30 s \| 0\.20 s \| 0\.40 s \| 3 \| 200 \| 1,200 \| 2 \|$/m);
        assert.match(page, /^\| kubectl patch \| 0\.20 s \| 0\.20 s \| 0\.20 s \| 1 \|  \| 400 \| 0 \|$/m);
    });

    it("has the ratio of the medians beside its aim", () => {
        assert.match(page, /^\| rollback: upshift \/ kubectl patch \| 1\.50 \| at most 1\.5: met \|$/m);
    });

    it("says of a missed aim that it is missed", () => {
        const [ours, theirs] = figures as [Figure, Figure];
        const slow = { ...results, figures: [{ ...ours, values: [0.31] }, theirs] };
        assert.match(pageOf(slow, measures, ""), /\| 1\.55 \| at most 1\.5: \*\*missed\*\* \|/);
    });

    it("says why a request failed, and who could not be measured, in one line each", () => {
        assert.match(page, /^upshift, of those that failed: `503 no \\\| way`\.$/m);
        assert.match(page, /^- Flagger is not in the table: it did not come up$/m);
    });

    it("has no section for what was not measured", () => {
        assert.doesNotMatch(page, /A cold up/);
    });

    it("says that the machine was busy where more processes than cores wanted one", () => {
        assert.doesNotMatch(page, /other work to do/);
        assert.match(pageOf({ ...results, load: 9 }, measures, ""), /9 processes wanted one of its 2 cores/);
    });
});

describe("the committed page of the bench", () => {
    const committed = readResults();
    const docs = (name: string): string => fs.readFileSync(path.join(projectRoot(), "docs", name), "utf8");

    it("is what the committed figures give (npm run bench -- --only docs)", () => {
        assert.equal(docs("benchmarks.md"), pageOf(committed, all, notes));
    });

    it("has the picture of each measure that has figures", () => {
        for (const { name, title, plot = plotSvg } of all) {
            const own = committed.figures.filter(({ measure }) => measure === name);
            if (own.length > 0) assert.equal(docs(plotName(name)), plot(title, own), name);
        }
    });
});

describe("a picture of the bench", () => {
    it("has a bar for each, and ours in their own colour", () => {
        const svg = plotSvg("Back", figures);
        assert.equal(svg.match(/<rect class="bar/g)?.length, 2);
        assert.equal(svg.match(/class="bar own"/g)?.length, 1);
        assert.doesNotMatch(svg, /logarithmic/);
    });

    it("says that its scale is logarithmic where one bar would hide the others", () => {
        const [ours, theirs] = figures as [Figure, Figure];
        const svg = plotSvg("Back", [ours, { ...theirs, values: [20] }]);
        assert.match(svg, /aria-label="Back, s, logarithmic scale"/);
    });

    it("takes names as text", () => {
        const [ours] = figures as [Figure];
        assert.match(plotSvg("<b>", [ours]), /&lt;b&gt;/);
    });
});

describe("a run of some measures", () => {
    it("takes the place of the same ones, and keeps the others", () => {
        const [ours, theirs] = figures as [Figure, Figure];
        const earlier = { ...results, figures: [...figures, { ...ours, measure: "cold" }] };
        const later = { ...results, began: "2026-11-27", figures: [{ ...theirs, values: [9] }], missing: [] };
        const both = merged(earlier, later);
        assert.deepEqual(
            both.figures.map(({ measure, of, values }) => [measure, of, values]),
            [
                ["cold", "upshift", [0.4, 0.2, 0.3]],
                ["rollback", "kubectl patch", [9]],
            ],
        );
        assert.deepEqual([both.began, both.missing], ["2026-11-27", []]);
    });
});
