import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { evidenceOver, evidenceUnder, requestsToProve } from "../../rollout/gate/ceiling";
import {
    againstCeiling,
    againstStable,
    Comparison,
    mostEvidence,
    type Count,
    type Test,
} from "../../rollout/gate/comparison";

const ratios = [1.5, 2, 3, 5, 10, 30, 100];

/** Binomial coefficients by Pascal's rule: another way than the ratios of the code. */
const choose: number[][] = [[1]];
for (let n = 1; n <= 12; n++) {
    const above = choose[n - 1] ?? [];
    choose.push([...above, 0].map((value, k) => value + (above[k - 1] ?? 0)));
}
const ways = (n: number, k: number): number => choose[n]?.[k] ?? 0;

/** How a window's bad requests can be shared between both versions, and how probable each is at such odds. */
function tables(canary: number, stable: number, bad: number, odds: number): { x: number; probability: number }[] {
    const all = [...Array(canary + 1).keys()].filter((x) => bad - x >= 0 && bad - x <= stable);
    const masses = all.map((x) => ways(canary, x) * ways(stable, bad - x) * odds ** x);
    const total = masses.reduce((sum, mass) => sum + mass, 0);
    return all.map((x, at) => ({ x, probability: (masses[at] ?? 0) / total }));
}

/** The mean likelihood ratio of each window up to 12 requests a version, where the canary has such odds. */
function* meansAt(odds: number, test: Test): Generator<number> {
    for (let canary = 0; canary <= 12; canary++)
        for (let stable = 0; stable <= 12; stable++)
            for (let bad = 0; bad <= canary + stable; bad++) {
                const means = test.ratios.map(() => 0);
                for (const { x, probability } of tables(canary, stable, bad, odds)) {
                    const counts = [count(canary, x), count(stable, bad - x)] as const;
                    againstStable(...counts, test).forEach((log, at) => {
                        means[at] = (means[at] ?? 0) + probability * Math.exp(log);
                    });
                }
                yield* means;
            }
}

const count = (requests: number, bad: number): Count => ({ requests, bad });
const counts = fc
    .integer({ min: 0, max: 3000 })
    .chain((requests) => fc.record({ requests: fc.constant(requests), bad: fc.integer({ min: 0, max: requests }) }));
const windows = fc.array(fc.tuple(counts, counts), { minLength: 1, maxLength: 8 });
const isClose = (a: number, b: number): boolean => a === b || Math.abs(a - b) <= 1e-9 * Math.max(1, Math.abs(a));

function evidence(of: readonly (readonly [Count, Count])[], dispersion = 1): number {
    const comparison = new Comparison({ ratios, tolerated: 1.25 });
    comparison.begin();
    for (const [canary, stable] of of) comparison.add(canary, stable);
    return comparison.evidence(dispersion);
}

describe("the evidence that a version is worse", () => {
    it("is the logarithm that SciPy's nchypergeom_fisher gives", () => {
        const golden: [number, number, number, number, number, number][] = [
            [200, 1800, 5, 8, 3, 4.0379842418],
            [50, 950, 3, 3, 10, 5.7985545335],
            [4000, 36000, 60, 300, 1.5, 9.7137007072],
        ];
        for (const [canary, stable, x, bad, ratio, expected] of golden) {
            const [log = NaN] = againstStable(count(canary, x), count(stable, bad - x), {
                ratios: [ratio],
                tolerated: 1,
            });
            assert.ok(Math.abs(log - expected) < 1e-9, `${log} and not ${expected}`);
        }
    });
    it("is 1 on average for a version that is as good as is tolerated, in every window up to 12 and 12 requests", () => {
        for (const tolerated of [1, 1.25])
            for (const mean of meansAt(tolerated, { ratios, tolerated }))
                assert.ok(Math.abs(mean - 1) < 1e-12, `${mean}`);
    });
    it("is never more than 1 on average for a better version", () => {
        for (const odds of [0.2, 0.8, 1.2])
            for (const mean of meansAt(odds, { ratios, tolerated: 1.25 })) assert.ok(mean < 1 + 1e-12, `${mean}`);
    });
    it("is more than 1 on average for a worse version, wherever the window can tell", () => {
        const means = [...meansAt(3, { ratios: [3], tolerated: 1 })];
        assert.ok(means.every((mean) => mean > 1 - 1e-12));
        assert.ok(means.some((mean) => mean > 2));
    });
    it("grows with each failure that is the canary's and not stable's", () => {
        fc.assert(
            fc.property(counts, counts, (canary, stable) => {
                fc.pre(canary.bad < canary.requests && stable.bad > 0);
                const test = { ratios, tolerated: 1.25 };
                const moved = [count(canary.requests, canary.bad + 1), count(stable.requests, stable.bad - 1)] as const;
                const [before, after] = [againstStable(canary, stable, test), againstStable(...moved, test)];
                return after.every((log, at) => log > (before[at] ?? NaN));
            }),
        );
    });
    it("is the same seen from the other version, with the odds turned round", () => {
        fc.assert(
            fc.property(counts, counts, fc.double({ min: 0.05, max: 20, noNaN: true }), (one, other, ratio) => {
                const [here = NaN] = againstStable(one, other, { ratios: [ratio], tolerated: 1 });
                const [there = NaN] = againstStable(other, one, { ratios: [1 / ratio], tolerated: 1 });
                return isClose(here, there);
            }),
        );
    });
    it("stays as it is in windows in which nothing fails, everything fails, or one version has no requests", () => {
        fc.assert(
            fc.property(windows, fc.nat(3000), fc.nat(3000), counts, (all, n, m, lone) => {
                const silent: [Count, Count][] = [
                    [count(n, 0), count(m, 0)],
                    [count(n, n), count(m, m)],
                    [lone, count(0, 0)],
                    [count(0, 0), lone],
                ];
                return isClose(evidence([...all, ...silent]), evidence(all));
            }),
        );
    });
    it("does not depend on the order of windows", () => {
        fc.assert(fc.property(windows, (all) => isClose(evidence([...all].reverse()), evidence(all))));
    });
    it("never grows with bursts, however many requests they are taken to have", () => {
        fc.assert(
            fc.property(
                windows,
                fc.double({ min: 1, max: 1000, noNaN: true }),
                (all, dispersion) => evidence(all, dispersion) <= evidence(all),
            ),
        );
    });
    it("needs two windows where requests fail together, since all of one may be a single burst", () => {
        const worst = [count(200, 52), count(1800, 2)] as const;
        assert.ok(evidence([worst], 9.4) < 100 && evidence([worst, worst], 9.4) >= 100);
        // Where each fails by itself one is enough.
        assert.ok(evidence([worst], 1.2) >= 100);
    });
    it("is a number where 40,000 requests fail, and where all do", () => {
        const huge = evidence([[count(40_000, 39_000), count(400_000, 1000)]]);
        assert.equal(huge, mostEvidence);
        assert.ok(evidence([[count(40_000, 4000), count(400_000, 40_000)]]) < 1);
    });
    it("weighs a product that begins with the fault more than one that has paid for an hour without", () => {
        const [good, bad] = [
            [count(20, 0), count(180, 1)],
            [count(20, 3), count(180, 0)],
        ] as const;
        const comparison = (starts: number): number => {
            const all = new Comparison({ ratios, tolerated: 1.25 });
            for (let window = 0; window < 400; window++) {
                if (window === 0 || (starts > 1 && window % 40 === 0)) all.begin();
                all.add(...(window < 360 ? good : bad));
                if (all.evidence() >= 100) return window - 360;
            }
            return Infinity;
        };
        assert.ok(comparison(10) < comparison(1), `${comparison(10)} and ${comparison(1)} windows after the fault`);
    });
});

/** All ways in which `requests` can turn out, for a version with such a share of bad ones. */
function mean(requests: number, share: number, of: (bad: number) => number): number {
    return [...Array(requests + 1).keys()].reduce((sum, bad) => sum + binomial(requests, bad, share) * of(bad), 0);
}
function binomial(n: number, k: number, p: number): number {
    let log = k * Math.log(p) + (n - k) * Math.log1p(-p);
    for (let i = 1; i <= k; i++) log += Math.log((n - k + i) / i);
    return Math.exp(log);
}

describe("the evidence about a ceiling", () => {
    it("is 1 on average for a version at the ceiling, and less on the side that it is to speak against", () => {
        for (const requests of [1, 7, 140]) {
            const under = (share: number): number =>
                mean(requests, share, (bad) => evidenceUnder(0.01, count(requests, bad)));
            const over = (share: number): number =>
                mean(requests, share, (bad) => evidenceOver(0.01, count(requests, bad)));
            assert.ok(Math.abs(under(0.01) - 1) < 1e-9 && under(0.015) < 1 && under(0.002) > 1);
            assert.ok(Math.abs(over(0.01) - 1) < 1e-9 && over(0.005) < 1 && over(0.05) > 1);
        }
    });
    it("takes the ceiling for stable where stable has no requests", () => {
        const [alone = NaN] = againstCeiling(count(300, 9), { ratios: [3], ceiling: 0.01 });
        const [endless = NaN] = againstStable(count(300, 9), count(3e8, 3e6), { ratios: [3], tolerated: 1 });
        assert.ok(Math.abs(alone - endless) < 1e-3, `${alone} and ${endless}`);
    });
    it("needs about 3.5/ceiling requests without a failure, ten times as many where failures come by ten", () => {
        for (const [ceiling, dispersion, about] of [
            [0.01, 1, 350],
            [0.001, 1, 3500],
            [0.01, 10, 3500],
        ] as const) {
            const needed = requestsToProve(ceiling, 0.05, count(0, 0), dispersion) ?? NaN;
            assert.ok(Math.abs(needed - about) < about / 25, `${needed} and not about ${about}`);
        }
    });
    it("says how many more requests do, for the least number that does", () => {
        const counted = fc.record({
            requests: fc.integer({ min: 1, max: 5000 }),
            share: fc.double({ min: 0, max: 0.004, noNaN: true }),
        });
        fc.assert(
            fc.property(counted, ({ requests, share }) => {
                const had = count(requests, Math.round(requests * share));
                const more = requestsToProve(0.01, 0.05, had);
                fc.pre(more !== undefined && more > 0);
                const after = (n: number): number =>
                    evidenceUnder(0.01, count(requests + n, had.bad + (n * had.bad) / requests));
                return after(more ?? 0) >= 20 && after((more ?? 0) - 1) < 20;
            }),
        );
    });
    it("says that no number does where as many fail as the ceiling allows", () => {
        assert.equal(requestsToProve(0.01, 0.05, count(1000, 10)), undefined);
    });
});
