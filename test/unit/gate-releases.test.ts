import * as assert from "node:assert/strict";
import { againstStable, Comparison, type Count } from "../../rollout/gate/comparison";
import type { VersionCounts } from "../../rollout/gate/counts";
import { Gate, type Verdict } from "../../rollout/gate/gate";
import type { GateWindow } from "../../rollout/gate/metric";
import { hourBefore, lognormal, random, windowSeconds, windowsOf, type Scenario } from "../support/gateTraffic";

/** Releases of each scenario; the figures in docs/gates.md are of 10,000. */
const releases = Number(process.env.UPSHIFT_GATE_RELEASES ?? 400);

/** What is asked at each look. */
interface Statistic {
    add(window: GateWindow): void;
    verdict(): Verdict;
    /** Whether it can fail by now, where that is told sooner than the verdict. */
    mayFail?(): boolean;
}

const service = { service: "review", canary: "v2", stable: "v1" };
const gate = (before: readonly VersionCounts[]): Statistic => {
    const one = new Gate({ ...service, before, settings: { latency: false } });
    // Bursts only ever lower the evidence, and to measure them is most of the work.
    const most = untempered();
    return {
        add: (window) => [one, most].forEach((each) => each.add(window)),
        verdict: () => one.verdict().verdict,
        mayFail: () => most.verdict() === "fail",
    };
};
const withLatency = (before: readonly VersionCounts[]): Statistic => {
    const one = new Gate({ ...service, before });
    return { add: (window) => one.add(window), verdict: () => one.verdict().verdict };
};

/** Seconds after which each release had the verdict for the first time; those that never had it are Infinity. */
function secondsUntil(
    verdict: Verdict,
    scenario: Scenario,
    { of = gate, count = releases }: { of?: typeof gate; count?: number } = {},
): number[] {
    const next = random(2026);
    const seconds = Array.from({ length: count }, () => {
        const statistic = of(hourBefore(scenario, next));
        let looks = 0;
        for (const window of windowsOf(scenario, next)) {
            looks += 1;
            statistic.add(window);
            if (verdict === "fail" && statistic.mayFail?.() === false) continue;
            if (statistic.verdict() === verdict) return looks * windowSeconds;
        }
        return Infinity;
    });
    return seconds.sort((a, b) => a - b);
}

const found = (seconds: readonly number[]): number => seconds.filter(Number.isFinite).length / seconds.length;
const median = (seconds: readonly number[]): number => seconds[Math.floor(seconds.length / 2)] ?? NaN;
/** The most that chance makes of a level in so many releases: 4 standard deviations more. */
const atMost = (level: number, count = releases): number => level + 4 * Math.sqrt((level * (1 - level)) / count);
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** What was measured, for a message; the long run prints it too. */
function report(name: string, seconds: readonly number[]): string {
    const [half, nine] = [median(seconds), seconds[Math.floor(seconds.length * 0.9)] ?? NaN];
    const text = `${name}: ${percent(found(seconds))}, median ${half} s, nine in ten ${nine} s`;
    if (process.env.UPSHIFT_GATE_RELEASES) console.log(`      ${text}`);
    return text;
}

const drift = (window: number): number => 0.002 + (0.018 * window) / 60;
const shares = (window: number): number => [0.05, 0.1, 0.25, 0.5][Math.floor(window / 15)] ?? 0.5;
const outage = (window: number): number => (window >= 20 && window < 32 ? 0.5 : 0.005);

/** Canaries exactly as good as stable. */
const good: Readonly<Record<string, Scenario>> = {
    "5 a second, 10 %, 0.1 % fail": { rate: 5, share: 0.1, stable: 0.001 },
    "5 a second, 10 %, 1 % fail": { rate: 5, share: 0.1, stable: 0.01 },
    "20 a second, 5 %, 0.5 % fail": { rate: 20, share: 0.05, stable: 0.005 },
    "200 a second, 10 %, 0.5 % fail": { rate: 200, share: 0.1, stable: 0.005 },
    "200 a second, 50 %, 2 % fail": { rate: 200, share: 0.5, stable: 0.02 },
    "an outage of both for 2 minutes": { rate: 200, share: 0.1, stable: outage },
    "shares of 5, 10, 25 and 50 % while failures grow from 0.2 to 2 %": { rate: 200, share: shares, stable: drift },
};
const [drifting = { rate: 0, share: 0, stable: 0 }] = Object.values(good).slice(-1);
const bursts = (burst: number): Scenario => ({ rate: 200, share: 0.1, stable: 0.005, burst });

describe(`the gate, in ${releases} releases of each kind`, function () {
    this.timeout(60_000 + 600 * releases);

    describe("fails at most one in a hundred of those that are as good as stable, over all looks", () => {
        for (const [name, scenario] of Object.entries(good)) {
            it(`with ${name}`, () => {
                const seconds = secondsUntil("fail", scenario);
                const said = report(name, seconds);
                assert.ok(found(seconds) <= atMost(0.01), said);
            });
        }
        it("nor of those whose odds of a failure are 1.25 times stable's, as is tolerated", () => {
            const scenario = { rate: 200, share: 0.3, stable: 0.01, canary: 0.01247 };
            const worse = (window: number): number => 1.2 * drift(window);
            for (const one of [scenario, { ...drifting, canary: worse }]) {
                const seconds = secondsUntil("fail", one);
                const said = report("odds of 1.25", seconds);
                assert.ok(found(seconds) <= atMost(0.01), said);
            }
        });
    });

    describe("fails at most three in a hundred where failures come in bursts", () => {
        for (const burst of [3, 10, 30]) {
            it(`of ${burst}`, () => {
                const seconds = secondsUntil("fail", bursts(burst));
                const said = report(`bursts of ${burst}`, seconds);
                assert.ok(found(seconds) <= 0.03, said);
            });
        }
    });

    describe("finds those that are worse", () => {
        it("0.1 → 5 % at 20 a second, 10 %: 99 of 100, half of them within a minute", () => {
            const seconds = secondsUntil("fail", { rate: 20, share: 0.1, stable: 0.001, canary: 0.05 });
            const said = report("0.1 → 5 %", seconds);
            assert.ok(found(seconds) >= 0.99 && median(seconds) <= 60, said);
        });
        it("everything fails: at the second look, at 5 a second and 10 % too", () => {
            for (const rate of [5, 20, 200]) {
                const seconds = secondsUntil("fail", { rate, share: 0.1, stable: 0.001, canary: 1 });
                const late = seconds.filter((one) => one > 2 * windowSeconds).length / releases;
                assert.ok(late < 0.01, `${percent(late)} were found later at ${rate} a second`);
            }
        });
        it("a leak from the fifth minute on: 99 of 100, half of them within 70 s of it", () => {
            const leak = (window: number): number => (window < 30 ? 0.001 : 0.05);
            const seconds = secondsUntil("fail", { rate: 20, share: 0.1, stable: 0.001, canary: leak });
            const said = report("a late leak", seconds);
            assert.ok(found(seconds) >= 0.99 && median(seconds) <= 300 + 70, said);
        });
        it("0.5 → 5 % in bursts of ten at 200 a second: 99 of 100, half of them within 90 s", () => {
            const seconds = secondsUntil("fail", { ...bursts(10), canary: 0.05 });
            const said = report("worse in bursts", seconds);
            assert.ok(found(seconds) >= 0.99 && median(seconds) <= 90, said);
        });
    });

    describe("passes", () => {
        it("at most one in twenty of those that fail as often as the ceiling allows", () => {
            const seconds = secondsUntil("pass", { rate: 20, share: 0.1, stable: 0.01 });
            const said = report("at the ceiling", seconds);
            assert.ok(found(seconds) <= atMost(0.05), said);
        });
        it("those that seldom fail, once 350 requests have shown it", () => {
            const seconds = secondsUntil("pass", { rate: 20, share: 0.1, stable: 0.0005 });
            const said = report("good ones", seconds);
            assert.ok(found(seconds) >= 0.95 && median(seconds) >= 170 && median(seconds) <= 240, said);
        });
        it("none that nobody asks", () => {
            const seconds = secondsUntil("pass", { rate: 20, share: 0, stable: 0.0005 });
            assert.equal(found(seconds), 0);
        });
    });

    describe("would not, with what it is made of left out:", () => {
        it("totals in place of windows fail good canaries while shares and failures grow (Simpson's paradox)", () => {
            const seconds = secondsUntil("fail", drifting, { of: pooled });
            const said = report("totals", seconds);
            assert.ok(found(seconds) > 2 * atMost(0.01), said);
        });
        it("without the size of bursts it fails good canaries", () => {
            const seconds = secondsUntil("fail", bursts(10), { of: () => untempered() });
            const said = report("untempered", seconds);
            assert.ok(found(seconds) > 0.06, said);
        });
    });

    describe("compares how long requests take", () => {
        const count = Math.ceil(releases / 10);
        const at20 = { rate: 20, share: 0.1, stable: 0.001 };
        const usual = lognormal(40);
        it("and fails at most one in a hundred, while everything gets three times slower as well", () => {
            const slower = lognormal(120);
            const took: typeof usual = (next, window) => (window < 30 ? usual : slower)(next, window);
            for (const both of [usual, took]) {
                const scenario = { ...at20, took: { stable: both, canary: both } };
                const seconds = secondsUntil("fail", scenario, { of: withLatency, count });
                const said = report("as fast", seconds);
                assert.ok(found(seconds) <= atMost(0.01, count), said);
            }
        });
        it("and finds one that takes twice as long within a minute", () => {
            const scenario = { ...at20, took: { stable: usual, canary: lognormal(80) } };
            const seconds = secondsUntil("fail", scenario, { of: withLatency, count });
            const said = report("twice as slow", seconds);
            assert.ok(found(seconds) >= 0.99 && median(seconds) <= 60, said);
        });
    });
});

const test = { ratios: [1.5, 2, 3, 5, 10, 30, 100], tolerated: 1.25 };

/** The gate's test on totals, as most tools do it: a mutation. */
function pooled(): Statistic {
    let [canary, stable]: [Count, Count] = [
        { requests: 0, bad: 0 },
        { requests: 0, bad: 0 },
    ];
    const plus = (sum: Count, { requests, failed }: VersionCounts): Count => ({
        requests: sum.requests + requests,
        bad: sum.bad + failed,
    });
    return {
        add: (window) => {
            [canary, stable] = [plus(canary, window.canary), plus(stable, window.stable ?? window.canary)];
        },
        verdict: () => {
            const logs = againstStable(canary, stable, test);
            const evidence = logs.reduce((sum, log) => sum + Math.exp(log), 0) / logs.length;
            return evidence >= 100 ? "fail" : "inconclusive";
        },
    };
}

/** The gate's test without the dispersion of stable: a mutation. */
function untempered(): Statistic {
    const comparison = new Comparison(test);
    let [last, seconds] = [NaN, 0];
    return {
        add: ({ step, seconds: own, canary, stable }) => {
            const isStart = step !== last || seconds >= 60;
            if (isStart) comparison.begin();
            [last, seconds] = [step, (isStart ? 0 : seconds) + own];
            const of = ({ requests, failed: bad }: VersionCounts): Count => ({ requests, bad });
            comparison.add(of(canary), stable && of(stable));
        },
        verdict: () => (comparison.evidence() >= 100 ? "fail" : "inconclusive"),
    };
}
