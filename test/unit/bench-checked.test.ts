import * as assert from "node:assert/strict";
import { checked } from "../../bench/results/checked";
import type { Figure, Missing } from "../../bench/results/results";

const figure = (of: string, value: number): Figure => ({ measure: "rollback", of, unit: "s", values: [value] });

/** A run in which a rollback takes us so many times as long as `kubectl patch`, and as Argo Rollouts where it was measured. */
const run = (times: number, argo?: number, missing: Missing[] = []): { figures: Figure[]; missing: Missing[] } => ({
    figures: [
        figure("kubectl patch", 0.2),
        figure("upshift", 0.2 * times),
        ...(argo === undefined ? [] : [figure("Argo Rollouts", argo)]),
    ],
    missing,
});
const all = { measures: ["rollback"], without: [] };

describe("the bench's check", () => {
    it("is good where no ratio has become worse, and says each", () => {
        const { lines, isGood } = checked(run(1.5, 0.3), run(1.6, 0.3), all);
        assert.equal(isGood, true);
        assert.deepEqual(lines, [
            "✔ rollback: upshift / kubectl patch: 1.60, committed 1.50 (+7 %)",
            "✔ rollback: upshift / Argo Rollouts: 1.07, committed 1.00 (+7 %)",
        ]);
    });

    it("names the ratio that has become worse, and what to do", () => {
        const { lines, isGood } = checked(run(1), run(1.5), all);
        assert.equal(isGood, false);
        assert.equal(lines[0], "✘ rollback: upshift / kubectl patch: 1.50, committed 1.00 (+50 %)");
        assert.match(lines.at(-1) ?? "", /^1 of 1 ratios are more than 25 % worse .*\n {2}fix: measure again/);
    });

    it("is not good where a committed ratio could not be measured any more, and says why", () => {
        const why = "its controller has not said that it is ready:\npanic";
        const missing = [{ measure: "rollback", of: "Argo Rollouts", why }];
        const { lines, isGood } = checked(run(1, 0.3), run(1, undefined, missing), all);
        assert.equal(isGood, false);
        assert.ok(
            lines.includes(
                "✘ rollback: upshift / Argo Rollouts: not measured: its controller has not said that it is ready:",
            ),
        );
        assert.match(
            lines.at(-1) ?? "",
            /^1 of 2 ratios .* could not be measured.*\n {2}fix: mend that, or leave it out/,
        );
    });

    it("asks nothing of those who were left out, nor of other measures", () => {
        assert.equal(checked(run(1, 0.3), run(1), { ...all, without: ["Argo Rollouts"] }).isGood, true);
        const { lines, isGood } = checked(run(1), run(9), { measures: ["cold"], without: [] });
        assert.equal(isGood, false);
        assert.match(lines.at(-1) ?? "", /Nothing was asked for that the committed run has a ratio of/);
    });
});
