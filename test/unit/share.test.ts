import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { judgeShare } from "../../rollout/share";

describe("judgeShare", () => {
    it("accepts 427 of 2000 for a weight of 20 and refuses 480", () => {
        assert.equal(judgeShare(20, 427, 2000).within, true);
        assert.equal(judgeShare(20, 480, 2000).within, false);
    });
    it("allows no single request against a weight of 0 or 100", () => {
        assert.equal(judgeShare(0, 1, 100_000).within, false);
        assert.equal(judgeShare(100, 99_999, 100_000).within, false);
        assert.equal(judgeShare(100, 2000, 2000).within, true);
    });
    it("never accepts a measurement of nothing", () => {
        fc.assert(fc.property(fc.integer({ min: 0, max: 100 }), (weight) => !judgeShare(weight, 0, 0).within));
    });
    it("gets stricter with more requests", () => {
        fc.assert(
            fc.property(
                fc.integer({ min: 1, max: 99 }),
                fc.integer({ min: 1, max: 10_000 }),
                (weight, total) => judgeShare(weight, 0, total).tolerance > judgeShare(weight, 0, total + 1).tolerance,
            ),
        );
    });
});
