import * as assert from "node:assert/strict";
import { deviations, median, summaryOf } from "../../bench/results/statistics";

describe("the bench's statistics", () => {
    it("have the value in the middle, however they are ordered", () => {
        assert.equal(median([9, 1, 5]), 5);
        assert.deepEqual(summaryOf([0.3, 0.1, 0.2]), { median: 0.2, minimum: 0.1, maximum: 0.3, runs: 3 });
    });

    it("have what lies between the two in the middle, and order numbers as numbers", () => {
        assert.equal(median([10, 9, 2, 1]), 5.5);
        assert.equal(median([1, 100, 20]), 20);
    });

    it("say nothing of an empty sample", () => {
        assert.ok(Number.isNaN(median([])));
        assert.throws(() => summaryOf([]), /empty sample/);
    });

    it("measure a share by the binomial distribution's standard deviation", () => {
        // Of 1,600 at 20 % it is 16 requests.
        assert.equal(deviations(320, 1600, 20), 0);
        assert.equal(deviations(352, 1600, 20), 2);
        assert.equal(deviations(304, 1600, 20), -1);
    });
});
