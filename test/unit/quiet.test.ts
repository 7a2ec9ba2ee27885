import * as assert from "node:assert/strict";
import type { CallerCounts, Reading } from "../../rollout/gate/counts";
import { isQuiet, type Quiet, quietness, quietWords } from "../../rollout/release/finish/quiet";

describe("whether a version still gets requests", () => {
    const host = { name: "review", namespace: "shop" };
    const web = (at: number, v1: number, caller = "web"): CallerCounts => ({
        caller,
        versions: { v1: { requests: v1, failed: 0 }, v2: { requests: 10 * at, failed: 0 } },
    });
    const between = (
        first: readonly CallerCounts[],
        second: readonly CallerCounts[],
        { least, open = 0 }: { least?: number; open?: number } = {},
    ): Promise<Quiet> => {
        let rested = 0;
        const read = (): Promise<Reading> =>
            Promise.resolve(rested === 0 ? { at: 5, callers: first } : { at: 5 + rested, callers: second });
        const rest = (seconds: number): Promise<void> => Promise.resolve(void (rested += seconds));
        const source = { read, resolution: 15, open: () => Promise.resolve({ v1: open, v2: 9 }) };
        return quietness(host, "v1", { source, rest }, least);
    };

    it("is what its callers count between two readings, as far apart as the source can see, or as is asked for", async () => {
        assert.deepEqual(await between([web(5, 7)], [web(20, 7)]), { seconds: 15, requests: 0, open: 0 });
        assert.deepEqual(await between([web(5, 7)], [web(35, 19)], { least: 30 }), {
            seconds: 30,
            requests: 12,
            open: 0,
        });
    });
    it("has what is open, however long ago it was sent", async () => {
        const counted = await between([web(5, 7)], [web(20, 7)], { open: 2 });
        assert.deepEqual(counted, { seconds: 15, requests: 0, open: 2 });
        assert.equal(isQuiet(counted), false);
    });
    it("has what a caller has asked that was not there before", async () => {
        const counted = await between([web(5, 7)], [web(20, 7), web(20, 3, "job")]);
        assert.deepEqual(counted, { seconds: 15, requests: 3, open: 0 });
    });
    it("is unknown where nobody counts, which is no reason to fail and none to be sure", async () => {
        const read = () => Promise.reject(new Error("No proxy has counted a request.\n  fix: npx upshift graph"));
        const source = { read, resolution: 5, open: () => Promise.resolve({}) };
        const counted = await quietness(host, "v1", { source, rest: () => Promise.resolve() });
        assert.deepEqual(counted, { unknown: "No proxy has counted a request." });
        assert.equal(isQuiet(counted), false);
    });
    it("decides what is said: to wait until it has none, to look, or that it has none", () => {
        const words = (counted: Quiet) => quietWords("review", "v1", counted, " --stack prod");
        assert.match(
            words({ seconds: 10, requests: 3, open: 0 }),
            /^v1 has had 3 requests in 10 s.*Leave it.*route review --stack prod$/,
        );
        assert.match(
            words({ seconds: 10, requests: 0, open: 2 }),
            /no new request for 10 s, and 2 that are open still/,
        );
        assert.match(words({ seconds: 10, requests: 0, open: 0 }), /^v1 has had no request for 10 s/);
        assert.match(
            words({ unknown: "nobody counts" }),
            /could not be counted \(nobody counts\).*graph --stack prod$/,
        );
    });
});
