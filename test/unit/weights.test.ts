import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { allTo, complete, weightOf, weightProblems } from "../../components/traffic/split/weights";
import { weights } from "../support/weights";

const versions = ["v1", "v2", "v3"];
const percent = fc.integer({ min: 0, max: 100 });

describe("weights", () => {
    it("are fit when they are whole percents that sum to 100", () => {
        fc.assert(fc.property(weights(), (fit) => weightProblems("weights.review", fit, versions).length === 0));
    });
    it("are refused with every unfit value, not only the first", () => {
        const found = weightProblems("weights.review", { v1: -1, v2: 20.5, v9: 80 }, versions);
        assert.deepEqual(
            found.map((problem) => problem.at),
            ["weights.review.v9", "weights.review.v1", "weights.review.v2"],
        );
    });
    it("are refused as text, even where the text is a number", () => {
        const asText = { v1: 80, v2: "20" as unknown as number };
        assert.deepEqual(weightProblems("weights.review", asText, versions), [
            {
                at: "weights.review.v2",
                message: '"20" is not a whole number from 0 to 100',
                fix: "pulumi config set --path weights.review.v2 20",
            },
        ]);
    });
    it("that do not sum to 100 come with the addition and the command that fixes it", () => {
        assert.deepEqual(weightProblems("weights.review", { v1: 80, v2: 30 }, versions), [
            {
                at: "weights.review",
                message: "v1 80 + v2 30 = 110, and weights must sum to 100",
                fix: "pulumi config set --path weights.review.v2 20",
            },
        ]);
    });
    it("never propose a fix that is itself refused", () => {
        const any = fc.record({ v1: percent, v2: percent });
        fc.assert(
            fc.property(any, (given) => {
                const [problem] = weightProblems("w", given, versions);
                const [, version, value] = /w\.(\w+) (\d+)$/.exec(problem?.fix ?? "") ?? [];
                return !version || weightProblems("w", { ...given, [version]: Number(value) }, versions).length === 0;
            }),
        );
    });
    it("of a version that is left out are 0", () => {
        assert.equal(weightOf({ v1: 100 }, "v2"), 0);
        assert.deepEqual(complete({ v2: 100 }, ["v1", "v2"]), { v1: 0, v2: 100 });
        assert.deepEqual(allTo("v1", ["v1", "v2"]), { v1: 100, v2: 0 });
    });
});
