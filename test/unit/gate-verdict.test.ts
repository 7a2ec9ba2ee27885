import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { VersionCounts } from "../../rollout/gate/counts";
import { combined, Gate, together, type GateArgs, type GateVerdict } from "../../rollout/gate/gate";
import type { GateWindow } from "../../rollout/gate/metric";
import type { GateSettings } from "../../rollout/gate/settings";
import { duration } from "../../rollout/gate/words";

const of = (requests: number, failed: number): VersionCounts => ({ requests, failed });
const window = (canary: VersionCounts, stable: VersionCounts | undefined, step = 1): GateWindow => ({
    seconds: 10,
    step,
    canary,
    stable,
});
/** An hour in which one of 200 requests failed, each by itself. */
const quiet: VersionCounts[] = Array.from({ length: 360 }, (_, at) => of(180, at % 10 === 0 ? 2 : at % 10 < 8 ? 1 : 0));

function gateOf(settings: Partial<GateSettings> = {}, args: Partial<GateArgs> = {}): Gate {
    const names = { service: "review", canary: "v2", stable: "v1" };
    return new Gate({ ...names, before: quiet, settings: { latency: false, ...settings }, ...args });
}

function after(windows: readonly GateWindow[], gate = gateOf()): GateVerdict {
    for (const one of windows) gate.add(one);
    return gate.verdict();
}
const times = (count: number, one: GateWindow): GateWindow[] => Array<GateWindow>(count).fill(one);

describe("the gate's verdict", () => {
    it("is fail for a version that fails where stable does not, and says what was to be expected", () => {
        const { verdict, reason, evidence } = after(times(3, window(of(20, 2), of(180, 1))));
        assert.equal(verdict, "fail");
        assert.ok(evidence >= 100);
        assert.match(
            reason,
            /^review: 6 of 60 requests to v2 failed \(10 %\), where 0\.9 were to be expected if it were as good as v1\. Chance alone does as much to less than one in [\d,]+ good releases\.$/,
        );
    });
    it("is pass once the ceiling is proven and the step was watched for long enough", () => {
        const { verdict, reason } = after(times(20, window(of(20, 0), of(180, 1))));
        assert.equal(verdict, "pass");
        assert.equal(
            reason,
            "review: 0 of 400 requests to v2 failed: under 1 % (wrong in one of 20 at most), and no sign of being worse than v1 (0.56 %).",
        );
    });
    it("waits for the end of the bake with a proof in hand", () => {
        const { verdict, reason, needs } = after(times(5, window(of(200, 0), of(1800, 9))));
        assert.equal(verdict, "inconclusive");
        assert.deepEqual(needs, { requests: 0, seconds: 70 });
        assert.equal(reason, "review: 0 of 1,000 requests to v2 failed in this step; it is watched for 70 s more.");
    });
    it("is inconclusive with too few requests, and says how many more it takes and how long that is", () => {
        const { verdict, reason, needs } = after(times(12, window(of(10, 0), of(90, 0))));
        assert.equal(verdict, "inconclusive");
        assert.deepEqual(needs, { requests: 224, seconds: 224 });
        assert.equal(
            reason,
            "review: 0 of 120 requests to v2 failed in this step; needs about 224 more requests to v2, 4 min at this rate.",
        );
    });
    it("passes when that many have come, and not before", () => {
        const soFar = times(12, window(of(10, 0), of(90, 0)));
        assert.equal(after([...soFar, window(of(223, 0), of(2000, 4))]).verdict, "inconclusive");
        assert.equal(after([...soFar, window(of(224, 0), of(2000, 4))]).verdict, "pass");
    });
    it("is inconclusive where no request reaches the version, and names no time", () => {
        const { verdict, reason, needs } = after(times(60, window(of(0, 0), of(200, 1))));
        assert.equal(verdict, "inconclusive");
        assert.deepEqual(needs, { requests: 344 });
        assert.match(reason, /needs about 344 more requests to v2, no request reaches v2 now\.$/);
    });
    it("is hold where both are over the ceiling: it is not the canary's fault", () => {
        const { verdict, reason } = after(times(6, window(of(20, 4), of(180, 36))), gateOf({}, { before: [] }));
        assert.equal(verdict, "hold");
        assert.equal(
            reason,
            "review: 24 of 120 requests to v2 failed (20 %); the ceiling is 1 %. 216 of 1,080 requests to v1 failed (20 %): it is not v2's fault.",
        );
    });
    it("is hold where the canary alone is over the ceiling, and is not proven to be worse", () => {
        const { verdict, reason } = after(times(60, window(of(200, 3), of(2000, 20))));
        assert.equal(verdict, "hold");
        assert.match(reason, /It is not proven to be worse than v1 \(1 %\), so it is held and not rolled back\.$/);
    });
    it("is not yet hold where the canary alone is over the ceiling and still bakes: it may well be proven to be worse", () => {
        const windows = times(2, window(of(20, 2), of(180, 1)));
        const { verdict, reason } = after(windows);
        assert.equal(verdict, "inconclusive");
        assert.match(reason, /It is not proven to be worse than v1 \(0\.56 %\), and is watched on\.$/);
        assert.equal(after([...windows, ...windows]).verdict, "fail");
    });
    it("never passes or fails without data, whatever was seen before, and goes on with the next window", () => {
        const gate = gateOf();
        assert.equal(
            gate.verdict().reason,
            "review: no data, so it neither goes on nor back. Nothing has been counted yet.",
        );
        for (const windows of [times(20, window(of(20, 0), of(180, 1))), times(20, window(of(20, 9), of(180, 1), 2))]) {
            const verdict = after(windows, gate).verdict;
            gate.miss("Prometheus does not answer.");
            const missing = gate.verdict();
            assert.equal(missing.verdict, "inconclusive");
            assert.match(missing.reason, /no data, so it neither goes on nor back\. Prometheus does not answer\.$/);
            gate.add(windows[0] ?? window(of(0, 0), of(0, 0)));
            assert.equal(gate.verdict().verdict, verdict);
        }
    });
    it("asks each step for a proof of its own", () => {
        const first = times(20, window(of(20, 0), of(180, 1), 1));
        const second = times(12, window(of(10, 0), of(10, 0), 2));
        assert.equal(after(first).verdict, "pass");
        assert.equal(after([...first, ...second]).verdict, "inconclusive");
    });
    it("keeps the evidence of earlier steps", () => {
        const first = times(3, window(of(20, 1), of(180, 1), 1));
        assert.notEqual(after(first).verdict, "fail");
        assert.equal(
            after([
                ...first,
                ...times(3, window(of(20, 1), of(180, 1), 2)),
                ...times(2, window(of(20, 2), of(180, 0), 2)),
            ]).verdict,
            "fail",
        );
    });
    it("compares with the ceiling alone once stable gets no requests, and says so", () => {
        const good = after(times(20, window(of(100, 0), undefined)));
        assert.equal(good.verdict, "pass");
        assert.match(good.reason, /compared with the ceiling alone, as v1 has no requests\.$/);
        const bad = after(times(20, window(of(100, 10), undefined)));
        assert.equal(bad.verdict, "fail");
        assert.match(bad.reason, /where 20 were to be expected at the ceiling \(v1 has no requests now\)/);
    });
    it("does not take a window in which stable happened to get no request for a step without stable", () => {
        const outage = after(times(20, window(of(100, 50), of(0, 0))));
        assert.ok(Math.abs(outage.evidence - 1) < 1e-9);
        assert.equal(outage.verdict, "hold");
    });
    it("asks for more where stable's own failures come in bursts, and says so", () => {
        const bursts = Array.from({ length: 360 }, (_, at) => of(180, at % 20 === 0 ? 10 : 0));
        const windows = times(12, window(of(20, 0), of(180, 0)));
        const { needs, reason } = after(windows, gateOf({}, { before: bursts }));
        assert.ok((needs?.requests ?? 0) > 5 * (after(windows).needs?.requests ?? Infinity), JSON.stringify(needs));
        assert.match(reason, /v1's requests that failed come 10 at a time, and count for so many times less\.$/);
    });
    it("does not pass on 400 requests without a failure where stable's failures come in bursts", () => {
        const bursts = Array.from({ length: 360 }, (_, at) => of(180, at % 20 === 0 ? 10 : 0));
        const windows = times(20, window(of(20, 0), of(180, 0)));
        assert.equal(after(windows).verdict, "pass");
        assert.equal(after(windows, gateOf({}, { before: bursts })).verdict, "inconclusive");
    });
    it("asks for more where the release has more services: they share the chance of a false alarm", () => {
        const windows = times(3, window(of(20, 2), of(180, 1)));
        const { evidence } = after(windows);
        assert.ok(evidence > 100 && evidence < 1000, `${evidence}`);
        assert.equal(after(windows).verdict, "fail");
        assert.equal(after(windows, gateOf({}, { services: 10 })).verdict, "inconclusive");
    });
    it("does not pass a version that looks bad, though it may be good", () => {
        const gate = gateOf({ ceiling: 0.05 });
        const { verdict, reason, evidence } = after(times(24, window(of(100, 1), of(900, 3))), gate);
        assert.ok(evidence >= 20 && evidence < 100, `${evidence}`);
        assert.equal(verdict, "inconclusive");
        assert.match(reason, /Too much to go on, too little to go back: evidence \d+, and 100 rolls back\.$/);
    });
    it("says that no number of requests proves a version that sits at the ceiling", () => {
        const { verdict, reason, needs } = after(times(30, window(of(100, 1), of(900, 9))));
        assert.equal(verdict, "inconclusive");
        assert.equal(needs, undefined);
        assert.match(reason, /1 % of v2's requests failed, too many to prove that it is under 1 %\./);
    });
    it("only ever gets worse with another failure of the canary", () => {
        const order = ["pass", "inconclusive", "hold", "fail"];
        const counted = fc.record({ requests: fc.integer({ min: 20, max: 600 }), failed: fc.nat(20) });
        fc.assert(
            fc.property(counted, counted, ({ requests, failed }, stable) => {
                fc.pre(failed < requests && stable.failed <= stable.requests);
                const at = (bad: number): number =>
                    order.indexOf(
                        after(times(12, window(of(requests, bad), stable)), gateOf({}, { before: [] })).verdict,
                    );
                return at(failed + 1) >= at(failed);
            }),
        );
    });
});

describe("several services together", () => {
    const verdict = (one: GateVerdict["verdict"]): GateVerdict => ({ ...after([]), verdict: one });
    it("go on when all pass, back when one fails, and wait else", () => {
        assert.equal(together([verdict("pass"), verdict("pass")]), "pass");
        assert.equal(together([verdict("pass"), verdict("inconclusive")]), "inconclusive");
        assert.equal(together([verdict("hold"), verdict("inconclusive")]), "hold");
        assert.equal(together([verdict("pass"), verdict("hold"), verdict("fail")]), "fail");
    });
    it("say why by all who decide, and by no other", () => {
        const said = (service: string, one: GateVerdict["verdict"]) => ({ ...verdict(one), reason: `${service}.` });
        const { reason, ...more } = combined([said("a", "hold"), said("b", "pass"), said("c", "hold")]);
        assert.deepEqual([reason, more.verdict, more.deciding.length], ["a. c.", "hold", 2]);
    });
    it("never go on where there is none", () => assert.equal(together([]), "inconclusive"));
});

describe("the gate's settings", () => {
    it("are refused all at once where they can't be meant, each with a command that mends it", () => {
        assert.throws(() => gateOf({ alpha: 0, ceiling: 1, tolerated: 0.5 }), {
            message: [
                "release.review.gate.alpha is 0, and has to be a share between 0 and 1.",
                "  fix: pulumi config set --path release.review.gate.alpha 0.01",
                "release.review.gate.ceiling is 1, and has to be a share between 0 and 1.",
                "  fix: pulumi config set --path release.review.gate.ceiling 0.01",
                "release.review.gate.tolerated is 0.5, and has to be 1 or more.",
                "  fix: pulumi config set --path release.review.gate.tolerated 1.25",
            ].join("\n"),
        });
    });
    it("are refused where a number is none", () => {
        for (const key of ["alpha", "beta", "ceiling", "tolerated", "minRequests", "bakeSeconds"])
            assert.throws(() => gateOf({ [key]: NaN }), new RegExp(`release\\.review\\.gate\\.${key} is NaN`));
    });
});

describe("a time in words", () => {
    it("is rounded up to what a person waits for", () => {
        assert.deepEqual([5, 60, 100, 5399, 9000].map(duration), ["5 s", "60 s", "2 min", "90 min", "2.5 h"]);
    });
});
