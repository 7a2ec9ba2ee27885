import * as assert from "node:assert/strict";
import type { Window } from "../../rollout/load/protocol";
import { VersionStats, VersionTally } from "../../rollout/load/versionTally";
import { look } from "../../rollout/stories/look";

const good: VersionStats = { requests: 1000, failed: 0, p50: 4, p99: 20 };
const windowWith = (versions: Record<string, VersionStats>): Window => ({
    requests: 2000,
    failed: 0,
    failures: {},
    versions: {},
    byVersion: { customers: versions },
    latency: { p50: 4, p99: 20, max: 30 },
    seconds: 10,
});
const verdicts = (v1: VersionStats, v2: VersionStats) =>
    look(windowWith({ v1, v2 }), "customers", ["v1", "v2"]).map(({ ok }) => ok);

describe("the look before the next step", () => {
    it("finds nothing in a version that does as well as the old one", () => {
        assert.deepEqual(verdicts(good, good), [true, true]);
    });
    it("sees failures of the new version, and takes none of the old one's for its own", () => {
        assert.deepEqual(verdicts(good, { ...good, failed: 2 }), [false, true]);
        assert.deepEqual(verdicts({ ...good, failed: 900 }, good), [true, true]);
    });
    it("sees that the new version is slower, beyond what is noise", () => {
        assert.deepEqual(verdicts(good, { ...good, p99: 44 }), [true, true]);
        assert.deepEqual(verdicts(good, { ...good, p99: 46 }), [true, false]);
        assert.deepEqual(verdicts({ ...good, p99: 100 }, { ...good, p99: 199 }), [true, true]);
        assert.deepEqual(verdicts({ ...good, p99: 100 }, { ...good, p99: 201 }), [true, false]);
    });
    it("is not content with a version that had no request", () => {
        const [check] = look(windowWith({ v1: good }), "customers", ["v1", "v2"]);
        assert.deepEqual([check?.ok, check?.detail], [false, "one had no request"]);
    });
    it("tells both versions' figures", () => {
        const [check] = look(windowWith({ v1: good, v2: { ...good, failed: 10 } }), "customers", ["v1", "v2"]);
        assert.equal(check?.detail, "v2 99.0 %, p50 4.0 ms, p99 20.0 ms; v1 100.0 %, p50 4.0 ms, p99 20.0 ms");
    });
});

describe("VersionTally", () => {
    it("counts and times each version by itself", () => {
        const tally = new VersionTally();
        for (let n = 0; n < 99; n++)
            tally.add(
                [
                    ["web-frontend", "v1"],
                    ["customers", "v1"],
                ],
                true,
                2,
            );
        tally.add(
            [
                ["web-frontend", "v1"],
                ["customers", "v2"],
            ],
            false,
            50,
        );
        const { customers, "web-frontend": frontend } = tally.close();
        assert.equal(customers?.v1?.requests, 99);
        assert.equal(customers?.v1?.failed, 0);
        assert.ok(Math.abs((customers?.v1?.p99 ?? 0) - 2) < 0.01);
        assert.deepEqual([customers?.v2?.requests, customers?.v2?.failed], [1, 1]);
        assert.ok(Math.abs((customers?.v2?.p50 ?? 0) - 50) < 0.1);
        assert.deepEqual([frontend?.v1?.requests, frontend?.v1?.failed], [100, 1]);
    });
});
