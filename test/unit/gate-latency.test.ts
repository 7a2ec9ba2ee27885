import * as assert from "node:assert/strict";
import type { VersionCounts } from "../../rollout/gate/counts";
import { Gate, type GateVerdict } from "../../rollout/gate/gate";
import { chooseEdges, edgeAt, slowerThan } from "../../rollout/gate/latency";
import type { LatencySettings } from "../../rollout/gate/settings";

/** Requests by how long they took: `{ 50: 90, 100: 8 }` are 90 up to 50 ms, and 8 more up to 100. */
function timed(counts: Readonly<Record<string, number>>): VersionCounts {
    let sum = 0;
    const cumulative = new Map(
        Object.entries(counts).map(([edge, count]): [number, number] => [Number(edge), (sum += count)]),
    );
    return { requests: sum, failed: 0, timed: cumulative.set(Infinity, sum) };
}

const usual = timed({ 5: 0, 10: 15, 25: 80, 50: 85, 100: 15, 250: 4, 500: 1, 1000: 0 });
const slow = timed({ 5: 0, 10: 2, 25: 20, 50: 60, 100: 70, 250: 40, 500: 8, 1000: 0 });

describe("the edges at which latency is compared", () => {
    it("are those whose slower share is nearest to 50, 10 and 1 %", () => {
        assert.deepEqual(
            [25, 100, 250].map((edge) => slowerThan(edge, usual).bad / 200),
            [0.525, 0.025, 0.005],
        );
        assert.deepEqual(chooseEdges(usual), [25, 50, 250]);
    });
    it("are fewer where the histogram is coarse, and none where nothing was timed", () => {
        assert.deepEqual(chooseEdges(timed({ 100: 90, 1000: 10 })), [100]);
        assert.deepEqual(chooseEdges({ requests: 10, failed: 0 }), []);
    });
    it("are the one that a slower version passes, where all requests lie between two of them", () => {
        assert.deepEqual(chooseEdges(timed({ 10: 0, 100: 100, 1000: 0 })), [100]);
        assert.deepEqual(
            chooseEdges({
                ...usual,
                timed: new Map([
                    [10, 0],
                    [100, 1],
                    [Infinity, 100],
                ]),
            }),
            [100],
        );
    });
    it("may be named, if the histogram has such a one", () => {
        assert.equal(edgeAt(100, usual, "review"), 100);
        assert.throws(
            () => edgeAt(200, usual, "review"),
            /has the edges 5, 10, 25, 50, 100, 250, 500, 1000 ms\.\n {2}fix: pulumi config set --path release\.review\.gate\.latency\.edge 250$/,
        );
    });
});

describe("the gate's judgement of latency", () => {
    const names = { service: "review", canary: "v2", stable: "v1" };
    const judged = (
        canary: VersionCounts,
        latency: LatencySettings = {},
        before = Array<VersionCounts>(360).fill(usual),
        stable: VersionCounts | undefined = usual,
    ): GateVerdict => {
        const gate = new Gate({ ...names, before, settings: { latency } });
        for (let window = 0; window < 15; window++) gate.add({ seconds: 10, step: 1, canary, stable });
        return gate.verdict();
    };
    it("fails a version that is slower, and names the edge", () => {
        const { verdict, reason } = judged(slow);
        assert.equal(verdict, "fail");
        assert.match(
            reason,
            /^review: [\d,]+ of 3,000 requests to v2 took longer than \d+ ms \(\d+ %\), where [\d,]+ were to be expected/,
        );
    });
    it("passes one that takes as long", () => assert.equal(judged(usual).verdict, "pass"));
    it("looks at the named edge only", () => {
        const { metrics } = judged(usual, { edge: 100 });
        assert.deepEqual(
            metrics.map(({ what }) => what),
            ["failed", "took longer than 100 ms"],
        );
    });
    it("has a ceiling for it proven where one is set", () => {
        assert.equal(judged(usual, { edge: 100, ceiling: 0.05 }).verdict, "pass");
        const { verdict, reason } = judged(usual, { edge: 100, ceiling: 0.01 });
        assert.equal(verdict, "hold");
        assert.match(reason, /took longer than 100 ms \(2\.5 %\); the ceiling is 1 %\./);
    });
    describe("where nothing is known of the time before", () => {
        it("learns from stable's first requests, passes one that takes as long, and fails one that is slower", () => {
            assert.equal(judged(usual, {}, []).verdict, "pass");
            assert.equal(judged(slow, {}, []).verdict, "fail");
            assert.equal(judged(usual, { edge: 100, ceiling: 0.05 }, []).verdict, "pass");
        });
        it("says that it learns, until it has enough requests", () => {
            const gate = new Gate({ ...names, before: [] });
            const few = timed({ 10: 20, 25: 10, 50: 5 });
            for (let window = 0; window < 2; window++) gate.add({ seconds: 10, step: 1, canary: usual, stable: few });
            assert.match(gate.verdict().reason, /^review: how long requests take is learned first, and v2 is compared/);
            assert.equal(gate.verdict().verdict, "inconclusive");
        });
        it("does not judge the requests by which it has chosen what is slow", () => {
            const gate = new Gate({ ...names, before: [] });
            gate.add({ seconds: 10, step: 1, canary: slow, stable: usual });
            assert.ok(gate.verdict().evidence <= 1);
            gate.add({ seconds: 10, step: 1, canary: slow, stable: usual });
            assert.ok(gate.verdict().evidence > 1);
        });
        it("asks nothing of a version that has everybody, where no ceiling is set", () => {
            const gate = new Gate({ ...names, before: [] });
            for (let window = 0; window < 15; window++)
                gate.add({ seconds: 10, step: 1, canary: slow, stable: undefined });
            assert.equal(gate.verdict().verdict, "pass");
        });
        it("holds a version that has everybody to the ceiling that is set", () => {
            const gate = new Gate({ ...names, before: [], settings: { latency: { edge: 100, ceiling: 0.01 } } });
            for (let window = 0; window < 15; window++)
                gate.add({ seconds: 10, step: 1, canary: usual, stable: undefined });
            assert.match(
                gate.verdict().reason,
                /took longer than 100 ms \(2\.5 %\), where 30 were to be expected at the ceiling/,
            );
            assert.notEqual(gate.verdict().verdict, "pass");
        });
    });
    it("passes a version as fast as stable where all its requests lie below the first edge", () => {
        const fast = timed({ 1: 200, 5: 0, 25: 0 });
        assert.deepEqual(chooseEdges(fast), [1]);
        assert.equal(judged(fast, {}, [], fast).verdict, "pass");
        assert.equal(judged(timed({ 1: 150, 5: 50, 25: 0 }), {}, [fast], fast).verdict, "fail");
    });
    it("is inconclusive where nothing is timed, and says how to do without", () => {
        const untimed = { requests: 200, failed: 0 };
        for (const verdict of [judged(untimed, {}, [untimed], untimed), judged(untimed)]) {
            assert.equal(verdict.verdict, "inconclusive");
            assert.match(
                verdict.reason,
                /is not measured.*\n {2}fix: pulumi config set --path release\.review\.gate\.latency false$/,
            );
        }
    });
    it("shares the evidence with failures: a version that is only slow needs twice as much of it", () => {
        const { evidence, metrics } = judged(usual);
        const [failures, ...edges] = metrics.map((metric) => metric.evidence);
        const mean = edges.reduce((sum, one) => sum + one, 0) / edges.length;
        assert.ok(Math.abs(evidence - ((failures ?? NaN) + mean) / 2) < 1e-12);
    });
});
