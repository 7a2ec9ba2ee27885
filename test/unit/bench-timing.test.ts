import * as assert from "node:assert/strict";
import { Patience, within } from "../../bench/timing";

describe("what the bench waits for", () => {
    it("is waited for until it ends, and what it says or fails with is told", async () => {
        assert.equal(await within(5, "it", Promise.resolve(7), () => ""), 7);
        await assert.rejects(
            within(5, "it", Promise.reject(new Error("no")), () => ""),
            /^Error: no$/,
        );
    });

    it("is named where it does not end, with what was seen", async () => {
        const never = new Promise<void>(() => undefined);
        await assert.rejects(
            within(0.1, "The move", never, () => "Answers: 3"),
            /^Error: The move has not ended in 0\.1 s\. Answers: 3$/,
        );
    });

    it("has as long as it was given, whatever time the machine stood still", () => {
        const patience = new Patience(3000);
        const { now } = performance;
        try {
            let shift = 0;
            performance.now = () => now.call(performance) + shift;
            shift = 600_000;
            assert.equal(patience.isOver, false);
            shift += 1500;
            assert.equal(patience.isOver, true);
        } finally {
            performance.now = now;
        }
    });
});
