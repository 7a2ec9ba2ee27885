import * as assert from "node:assert/strict";
import type { Window } from "../../rollout/load/protocol";
import { type VersionStats, VersionTally } from "../../rollout/load/versionTally";
import { look } from "../../systems/play/look";

const stats = (requests: number, failed = 0, p95 = 20, p99 = 30): VersionStats => ({
    requests,
    failed,
    latency: { p50: 4, p75: 8, p90: 15, p95, p99 },
});
const windowWith = (versions: Record<string, VersionStats>): Window => ({
    requests: 2000,
    failed: 0,
    failures: {},
    versions: {},
    byVersion: { customers: versions },
    latency: { p50: 4, p99: 20, max: 30 },
    seconds: 10,
});
const lookAt = (v1: VersionStats, v2: VersionStats) => look(windowWith({ v1, v2 }), "customers", ["v1", "v2"]);
const verdicts = (v1: VersionStats, v2: VersionStats) => lookAt(v1, v2).map(({ ok }) => ok);

describe("the look before the next step", () => {
    it("finds nothing in a version that does as well as the old one", () => {
        assert.deepEqual(verdicts(stats(1800), stats(200)), [true, true]);
    });
    it("sees failures of the new version, and takes none of the old one's for its own", () => {
        assert.deepEqual(verdicts(stats(1800), stats(200, 1)), [false, true]);
        assert.deepEqual(verdicts(stats(1800, 900), stats(200)), [true, true]);
    });
    it("sees that the new version is slower, beyond what is noise", () => {
        assert.deepEqual(verdicts(stats(1800), stats(200, 0, 44)), [true, true]);
        assert.deepEqual(verdicts(stats(1800), stats(200, 0, 46)), [true, false]);
        assert.deepEqual(verdicts(stats(1800, 0, 100), stats(200, 0, 199)), [true, true]);
        assert.deepEqual(verdicts(stats(1800, 0, 100), stats(200, 0, 201)), [true, false]);
    });
    it("judges by the highest percentile that has ten requests beyond it in both versions", () => {
        const told = (requests: number) =>
            /ms, (p\d+)/.exec(lookAt(stats(1800), stats(requests))[0]?.detail ?? "")?.[1];
        assert.deepEqual([20, 39, 40, 100, 200, 999, 1000].map(told), [
            "p50",
            "p50",
            "p75",
            "p90",
            "p95",
            "p95",
            "p99",
        ]);
        assert.deepEqual(verdicts(stats(1000), stats(1000, 0, 20, 61)), [true, false]);
        assert.deepEqual(verdicts(stats(1000), stats(999, 0, 20, 61)), [true, true]);
    });
    it("is not content with a version that had no request, or too few", () => {
        const [none] = look(windowWith({ v1: stats(1800) }), "customers", ["v1", "v2"]);
        assert.deepEqual([none?.ok, none?.detail], [false, "v1 1800, v2 0"]);
        assert.deepEqual(verdicts(stats(1800), stats(19)), [false]);
    });
    it("tells both versions' figures", () => {
        const [check] = lookAt(stats(1800), stats(200, 2));
        assert.equal(check?.detail, "v2 99.0 %, p50 4.0 ms, p95 20.0 ms; v1 100.0 %, p50 4.0 ms, p95 20.0 ms");
    });
});

describe("VersionTally", () => {
    it("counts and times each version by itself", () => {
        const tally = new VersionTally();
        const answer = (version: string) =>
            [
                ["web-frontend", "v1"],
                ["customers", version],
            ] as const;
        for (let n = 0; n < 99; n++) tally.add(answer("v1"), true, 2);
        tally.add(answer("v2"), false, 50);
        const { customers, "web-frontend": frontend } = tally.close();
        assert.deepEqual([customers?.v1?.requests, customers?.v1?.failed], [99, 0]);
        assert.deepEqual([customers?.v2?.requests, customers?.v2?.failed], [1, 1]);
        assert.deepEqual([frontend?.v1?.requests, frontend?.v1?.failed], [100, 1]);
        assert.ok(Math.abs((customers?.v1?.latency.p99 ?? 0) - 2) < 0.01);
        assert.ok(Math.abs((customers?.v2?.latency.p50 ?? 0) - 50) < 0.1);
    });
});
