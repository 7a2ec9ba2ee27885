import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Reading, VersionCounts } from "../../rollout/gate/counts";
import { Dispersion } from "../../rollout/gate/dispersion";
import { adviceOn } from "../../rollout/gate/replay/advice";
import { askedFor, type Asked } from "../../rollout/gate/replay/asked";
import { type Bursts, burstsAround } from "../../rollout/gate/replay/bursts";
import { Dealer } from "../../rollout/gate/replay/deal";
import { asOne, failedShare, ownOf, pastOf, type PastWindow } from "../../rollout/gate/past";
import { type Rehearsed, stoppedIn, stoppersOf } from "../../rollout/gate/replay/rehearsal";
import { isMoreThan, replay, type Replay } from "../../rollout/gate/replay/replay";
import type { Answered } from "../../rollout/gate/replay/run";
import type { Advice, Again } from "../../rollout/gate/replay/waiting";
import { replayJson, replayText } from "../../rollout/gate/replay/words";
import { gateOf } from "../../rollout/release/gates";
import { binomial, lognormal, random } from "../support/gateTraffic";

const asked: Asked = {
    ...{ stack: "dev", service: "review", seconds: 24 * 3600, until: 1_000_000_000, seed: 1 },
    ...{ prometheus: "http://127.0.0.1:9090", at: "review", replay: "24h" },
};
const quick = { gate: { latency: false } };
const rehearsed = (given: object, more: Partial<Asked> = {}): Rehearsed =>
    askedFor({ ...asked, ...more }, given, "v1").of;

/** Windows of half a minute. */
interface Scenario {
    readonly hours: number;
    /** Requests a second. */
    readonly rate: number;
    readonly failing: number | ((hour: number) => number);
    readonly burst?: number;
    readonly median?: number;
    readonly seed?: number;
}

function past({ hours, rate, failing, burst = 1, median, seed = 2026 }: Scenario): PastWindow[] {
    const next = random(seed);
    const took = median === undefined ? undefined : lognormal(median);
    return Array.from({ length: hours * 120 }, (_, index) => {
        const share = typeof failing === "number" ? failing : failing(index / 120);
        const requests = rate * 30;
        const failed = Math.min(requests, burst * binomial(requests, share / burst, next));
        const counts: VersionCounts = { requests, failed, ...(took && { timed: timed(requests, took, next) }) };
        return { at: 1_000_000_000 + 30 * (index + 1), seconds: 30, counts };
    });
}

function timed(requests: number, took: ReturnType<typeof lognormal>, next: () => number): Map<number, number> {
    const all = Array.from({ length: requests }, () => took(next, 0));
    return new Map([25, 50, 100, 250, Infinity].map((edge) => [edge, all.filter((one) => one <= edge).length]));
}

describe("dealing one version's requests to two arms", () => {
    const alone: Bursts = { failed: 1, slow: 1 };
    const counts = fc
        .record({
            good: fc.nat(5000),
            failed: fc.nat(500),
            bins: fc.array(fc.nat(2000), { minLength: 1, maxLength: 12 }),
        })
        .map(({ good, failed, bins }): VersionCounts => {
            let sum = 0;
            const edges = bins.map((count, at): [number, number] => [
                at === bins.length - 1 ? Infinity : 5 * 2 ** at,
                (sum += count),
            ]);
            return { requests: good + failed, failed, timed: new Map(edges) };
        });
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    const bursts = fc.record({
        failed: fc.double({ min: 1, max: 300, noNaN: true }),
        slow: fc.double({ min: 1, max: 300, noNaN: true }),
    });

    it("loses none and makes none up, in any bin, at any share and however many go together", () => {
        const holds = (all: VersionCounts, part: number, together: Bursts, seed: number): void => {
            const { canary, stable } = new Dealer(seed).deal(all, part, together);
            assert.equal(canary.requests + stable.requests, all.requests);
            assert.equal(canary.failed + stable.failed, all.failed);
            for (const arm of [canary, stable]) {
                assert.ok(arm.failed >= 0 && arm.failed <= arm.requests, JSON.stringify(arm));
                let before = 0;
                for (const within of arm.timed?.values() ?? []) {
                    assert.ok(Number.isSafeInteger(within) && within >= before, JSON.stringify([...(arm.timed ?? [])]));
                    before = within;
                }
            }
            for (const [edge, within] of all.timed ?? [])
                assert.equal((canary.timed?.get(edge) ?? NaN) + (stable.timed?.get(edge) ?? NaN), within);
        };
        fc.assert(fc.property(counts, share, bursts, fc.integer(), holds));
    });
    it("is the same for the same seed, and another for another", () => {
        const all = { requests: 60_000, failed: 3000 };
        const dealt = (seed: number): VersionCounts => new Dealer(seed).deal(all, 0.1, alone).canary;
        assert.deepEqual(dealt(1), dealt(1));
        assert.notDeepEqual(dealt(1), dealt(2));
    });
    it("gives a canary its share, with the spread of requests that are dealt each by itself, or by ten", () => {
        for (const together of [1, 10]) {
            const dealer = new Dealer(7);
            const all = { requests: 1000, failed: 100 };
            const failed = Array.from({ length: 20_000 }, () => {
                const { canary } = dealer.deal(all, 0.1, { failed: together, slow: 1 });
                return canary.failed;
            });
            const mean = failed.reduce((sum, one) => sum + one, 0) / failed.length;
            const variance = failed.reduce((sum, one) => sum + (one - mean) ** 2, 0) / failed.length;
            // 4 standard deviations of either, of 20,000.
            assert.ok(Math.abs(mean - 10) < 4 * Math.sqrt((9 * together) / 20_000), `mean ${mean}`);
            assert.ok(Math.abs(variance / (9 * together) - 1) < 0.06, `variance ${variance}`);
        }
    });
    it("keeps together what turned bad together: each arm's failures come as many at a time as all did", () => {
        const dealer = new Dealer(3);
        const arms = { canary: new Dispersion(), stable: new Dispersion() };
        for (const { counts: all } of past({ hours: 24, rate: 200, failing: 0.005, burst: 10 })) {
            const dealt = dealer.deal(all, 0.25, { failed: 10, slow: 1 });
            for (const arm of ["canary", "stable"] as const)
                arms[arm].add({ requests: dealt[arm].requests, bad: dealt[arm].failed });
        }
        for (const { value } of Object.values(arms)) assert.ok(value > 9 && value < 11, `${value} at a time`);
    });
    it("keeps slow requests together across the edges of the histogram", () => {
        const dealer = new Dealer(3);
        const edges = new Map([50, 100, 250, Infinity].map((edge, at) => [edge, [800, 815, 850, 1000][at] ?? 0]));
        for (let time = 0; time < 200; time++) {
            const { canary } = dealer.deal({ requests: 1000, failed: 0, timed: edges }, 0.5, { failed: 1, slow: 200 });
            const slower = 1000 - 800 - ((canary.timed?.get(Infinity) ?? 0) - (canary.timed?.get(50) ?? 0));
            assert.ok(slower === 0 || slower === 200, `${slower} of the 200 slow ones went to stable`);
        }
    });
});

describe("how many requests turned bad at once in the past", () => {
    const began = 1_000_000_000;
    const later = (windows: readonly PastWindow[], hours: number): PastWindow[] =>
        windows.map((one) => ({ ...one, at: one.at + hours * 3600 }));

    it("is what it was in the hour before and the hour after, and in the first hour where there is none before", () => {
        const burst = past({ hours: 2, rate: 200, failing: 0.005, burst: 10 });
        const both = [...burst, ...later(past({ hours: 2, rate: 200, failing: 0.005 }), 2)];
        const at = (hours: number): number => burstsAround(both, began + hours * 3600).failed;
        assert.ok(at(0) > 5 && at(1) > 5 && at(3) < 1.5, [at(0), at(1), at(3)].join(", "));
    });
    it("is not many for an outage that began a minute before: an hour later it looks like none", () => {
        const well = past({ hours: 2, rate: 200, failing: 0.0005 });
        const both = [...well, ...later(past({ hours: 2, rate: 200, failing: 0.05 }), 2)];
        const found = burstsAround(both, began + 2 * 3600 + 60).failed;
        assert.ok(found < 1.5, `${found} at a time`);
    });
});

describe("the past as releases of a version to itself", function () {
    this.timeout(180_000);

    it("has as many as fit in it, of the length that the config asks for", () => {
        const windows = past({ hours: 24, rate: 20, failing: 0 });
        const counted = (given: object, more?: Partial<Asked>): number =>
            replay(windows, rehearsed({ ...quick, ...given }, more), 1).releases.length;
        assert.equal(counted({}), 144);
        assert.equal(counted({ bake: "5m" }), 57);
        assert.equal(counted({ steps: "50,100" }), 360);
        assert.equal(counted({ steps: "10,pause:1h,100,approval" }), 360);
        assert.equal(counted({}, { share: 10 }), 360);
    });
    it("gets every one there where the version seldom fails, each step once it is proven", () => {
        const { ended, releases } = replay(past({ hours: 6, rate: 20, failing: 0.0005 }), rehearsed(quick), 1);
        assert.deepEqual([ended.failed, ended.held, ended.unjudged], [0, 0, 0]);
        const [first] = releases;
        assert.deepEqual(
            first?.passed.map(({ step }) => step),
            ["header", "10", "25", "50", "100"],
        );
        // 350 requests at 2 a second.
        assert.ok((first?.passed[1]?.seconds ?? 0) >= 170, JSON.stringify(first));
    });
    it("cries no more often than alpha in an hour at which the version fails 5 %: 2,000 times", () => {
        // With so short a time to bake, one begins with every window.
        const windows = past({ hours: 17, rate: 20, failing: 0.05 });
        const of = rehearsed({ ...quick, bake: "15s", timeout: "5m" }, { share: 10 });
        const { ended, releases } = replay(windows, of, 1);
        assert.ok(releases.length >= 2000, `${releases.length} releases`);
        assert.ok(
            ended.failed <= 0.01 * releases.length + 4 * Math.sqrt(0.0099 * releases.length),
            JSON.stringify(ended),
        );
        assert.equal(ended.done, 0);
        assert.ok(ended.held + ended.unjudged > 0.99 * releases.length - ended.failed, JSON.stringify(ended));
    });
    it("cries no more often than three in a hundred where failures come by ten, which each go to one version", () => {
        const windows = past({ hours: 24, rate: 200, failing: 0.005, burst: 10 });
        const { ended, releases } = replay(
            windows,
            rehearsed({ ...quick, bake: "1m", timeout: "10m" }, { share: 10 }),
            1,
        );
        assert.ok(releases.length >= 700 && ended.failed <= 0.03 * releases.length, JSON.stringify(ended));
        for (const { bursts } of releases)
            assert.ok(bursts.failed > 5 && bursts.failed < 16, `dealt by ${bursts.failed}`);
    });
    it("knows the hour before each where the release is one by Prometheus, and cries as seldom without a header test", () => {
        const windows = past({ hours: 13, rate: 200, failing: 0.005, burst: 10 });
        const given = { ...quick, steps: "10,100", bake: "1m", timeout: "10m" };
        const crying = (more: object): number => {
            const { ended, releases } = replay(windows, rehearsed({ ...given, ...more }), 1);
            return ended.failed / releases.length;
        };
        const knowing = crying({ prometheus: { url: "http://127.0.0.1:9090" } });
        assert.ok(knowing <= 0.03, `${knowing}`);
        const without = crying({});
        assert.ok(without > 0.06, `${without}`);
    });
    it("does not ask for more requests for an hour after an outage that its gate knows of", () => {
        const failing = (hour: number): number => (hour >= 1 && hour < 1 + 2 / 60 ? 0.5 : 0.0005);
        const of = rehearsed({ ...quick, prometheus: { url: "http://127.0.0.1:9090" } });
        const { releases } = replay(past({ hours: 3, rate: 20, failing }), of, 1);
        const after = releases.filter(({ began }) => began >= 1_000_000_000 + 3720);
        assert.ok(after.length >= 8);
        for (const { passed, dispersion } of after) {
            assert.ok((dispersion.failed ?? NaN) < 1.5, JSON.stringify(dispersion));
            // 350 requests at 2 a second, and more where one failed.
            assert.ok((passed[1]?.seconds ?? 0) < 600, JSON.stringify(passed));
        }
    });
    it("fails those that have everybody as the version begins to fail: there the ceiling alone decides", () => {
        const failing = (hour: number): number => (hour >= 2 ? 0.05 : 0.0005);
        const replayed = replay(past({ hours: 3, rate: 200, failing }), rehearsed({ ...quick, steps: "100" }), 1);
        const failed = replayed.releases.filter(({ ending }) => ending === "failed");
        assert.equal(failed.length, replayed.ended.failed);
        assert.equal(failed.length, 30);
        assert.deepEqual(
            [...new Set(failed.map(({ because }) => JSON.stringify(because)))],
            ['{"kind":"ceiling","what":"failed"}'],
        );
        assert.match(
            failed[0]?.reason ?? "",
            /requests to v1-again failed .* at the ceiling \(v1 has no requests now\)/,
        );
        assert.equal(isMoreThan(0.01, replayed), true);
        assert.equal(isMoreThan(0.5, replayed), false);
    });
    it("judges copies by the ceiling alone, too, and shares alpha with them", () => {
        const of = rehearsed({ ...quick, steps: "mirror:20,50,100" });
        const bad = replay(past({ hours: 1, rate: 200, failing: 0.05 }), of, 1);
        assert.deepEqual(
            [...new Set(bad.releases.map(({ ending, step }) => `${ending} at ${step}`))],
            ["failed at mirror:20"],
        );
        assert.match(bad.releases[0]?.reason ?? "", /copies, whose answers nobody gets/);
        const good = replay(past({ hours: 1, rate: 200, failing: 0.0005 }), of, 1);
        assert.deepEqual([good.ended.done, good.ended.failed], [good.releases.length, 0]);
        const names = { service: "review", canary: "v1-again", stable: "v1" };
        assert.equal(gateOf(names, of.settings, [], 1).verdict().threshold, 200);
    });
    it("is the same for the same seed", () => {
        const windows = past({ hours: 2, rate: 20, failing: 0.005 });
        const of = rehearsed(quick);
        assert.deepEqual(replay(windows, of, 5), replay(windows, of, 5));
        assert.notDeepEqual(replay(windows, of, 5), replay(windows, of, 6));
    });
    it("looks at how long requests take, by edges that are learned before the first share", () => {
        const windows = past({ hours: 1, rate: 20, failing: 0, median: 40 });
        const { ended, releases } = replay(windows, rehearsed({}), 1);
        assert.deepEqual([ended.failed, ended.unjudged, ended.held], [0, 0, 0]);
        assert.deepEqual(Object.keys(releases[0]?.dispersion ?? {}), [
            "failed",
            "took longer than 50 ms",
            "took longer than 100 ms",
            "took longer than 250 ms",
        ]);
    });
});

describe("windows of the past", () => {
    it("are one for each reading after the first, a longer one where readings are missing", async () => {
        async function* readings(): AsyncGenerator<Reading> {
            for (const [at, v1] of [
                [100, 1000],
                [130, 1010],
                [220, 1100],
                [250, 5],
            ] as const)
                yield { at, callers: [{ caller: "edge", versions: { v1: { requests: v1, failed: 0 } } }] };
        }
        const { windows, since, versions } = await pastOf(readings(), "v1");
        assert.deepEqual(
            windows.map(({ at, seconds, counts }) => [at, seconds, counts.requests]),
            [
                [130, 30, 10],
                [220, 90, 90],
                // It was started anew.
                [250, 30, 5],
            ],
        );
        assert.deepEqual([since, versions], [100, ["v1"]]);
    });
});

describe("the past as releases of a chain", function () {
    this.timeout(180_000);

    const counted = ["review", "product"];
    const chained = (given: object, more: Partial<Asked> = {}, services = counted): Rehearsed =>
        askedFor({ ...asked, service: "shop", at: "shop", ...more }, { ...quick, ...given }, "v1", services).of;
    const well: Scenario = { hours: 3, rate: 20, failing: 0.0005 };
    const both = (product: Partial<Scenario>, review: Partial<Scenario> = {}): PastWindow[] =>
        asOne({ review: past({ ...well, ...review }), product: past({ ...well, seed: 7, ...product }) });
    const answered = (windows: readonly PastWindow[], of: Rehearsed): Answered => {
        const again: Again = (settings, steps = of.steps) => replay(windows, { ...of, settings, steps }, 1);
        const replayed = again(of.settings);
        const [from, until] = [1_000_000_000, windows.at(-1)?.at ?? 0];
        const stretch = { from, until, seconds: 30 };
        const advice = adviceOn(replayed, windows, of, again);
        return { of, stretch, past: { windows }, seed: 1, alpha: 0.01, replayed, advice };
    };

    it("gets every one there where no service fails often, each step once the slowest is proven", () => {
        const steps = (windows: readonly PastWindow[], services: readonly string[]): number[] => {
            const { ended, releases } = replay(windows, chained({}, {}, [...services]), 1);
            assert.deepEqual([ended.failed, ended.held, ended.unjudged], [0, 0, 0]);
            return releases.flatMap(({ passed }) => passed[1]?.seconds ?? []);
        };
        const few = both({ rate: 5 });
        const least = (all: readonly number[]): number => Math.min(...all);
        // 350 requests at 2 a second, and at a half.
        const [alone, together] = [least(steps(ownOf("review", few), ["review"])), least(steps(few, counted))];
        assert.ok(alone < 300 && together >= 600, `${alone} s alone, ${together} s together`);
    });
    it("fails a release where one of its services gets worse, and says which", () => {
        const failing = (hour: number): number => (hour >= 2 ? 0.05 : 0.0005);
        const { releases, ended } = replay(both({ failing, rate: 200 }), chained({ steps: "100" }), 1);
        const failed = releases.filter(({ ending }) => ending === "failed");
        assert.equal(failed.length, 30);
        assert.equal(ended.failed, 30);
        for (const { reason, services } of failed) {
            assert.match(reason ?? "", /^product: \d.* requests to v1-again failed/);
            assert.deepEqual([services.product?.because?.kind, services.review?.because], ["ceiling", undefined]);
        }
        assert.deepEqual(stoppersOf(stoppedIn(releases)), ["product"]);
    });
    it("names each of its services where several stop a release at once", () => {
        const of = chained({ timeout: "20m" });
        const { releases } = replay(both({ rate: 1 }, { rate: 1 }), of, 1);
        const [first] = releases.filter(({ ending }) => ending === "unjudged");
        assert.deepEqual(stoppersOf(stoppedIn(first ? [first] : [])), counted);
        assert.match(first?.reason ?? "", /^review: .* product: /);
    });
    it("is as often failed as alpha says over all its services, which share it: 2,000 times", () => {
        const windows = both({ hours: 17, failing: 0.05 }, { hours: 17, failing: 0.05 });
        const of = chained({ bake: "15s", timeout: "5m" }, { share: 10 });
        const { ended, releases } = replay(windows, of, 1);
        assert.ok(releases.length >= 2000, `${releases.length} releases`);
        const most = 0.01 * releases.length + 4 * Math.sqrt(0.0099 * releases.length);
        assert.ok(ended.failed <= most, JSON.stringify(ended));
        const names = { service: "review", canary: "v1-again", stable: "v1" };
        assert.equal(gateOf(names, of.settings, [], of.services).verdict().threshold, 200);
        assert.equal(chained({ with: "cart" }).services, 3);
    });
    it("is that of its one service where it has one", () => {
        const windows = past({ hours: 4, rate: 20, failing: (hour) => (hour > 1 && hour < 2 ? 0.05 : 0.001) });
        const given = { timeout: "30m" };
        const { releases } = replay(windows, chained(given, {}, ["review"]), 1);
        assert.deepEqual(releases, replay(windows, rehearsed({ ...quick, ...given }), 1).releases);
    });
    it("waits for a service that nobody has counted for a while, as the driver does, and holds it against nobody else", () => {
        const began = 1_000_000_000;
        const [from, until] = [began + 3600, began + 7200];
        const windows = both({}).flatMap((one) => {
            if (one.service !== "product" || one.at <= from || one.at > until) return [one];
            return one.at === until ? [{ ...one, seconds: 3600 }] : [];
        });
        const { releases } = replay(windows, chained({ timeout: "20m" }), 1);
        const stopped = stoppedIn(releases);
        assert.deepEqual(stoppersOf(stopped), ["product"]);
        const during = stopped.filter(({ ended }) => ended < until);
        assert.ok(during.length > 1);
        for (const { ended, reason, because, ending } of during) {
            assert.ok(ended > from, `${ended - began}`);
            assert.match(reason ?? "", /^product: no data, so it neither goes on nor back\./);
            assert.deepEqual([ending, because], ["unjudged", { kind: "requests" }]);
        }
        const after = releases.filter((one) => one.began >= until && one.ending !== "cutOff");
        assert.ok(after.length > 0 && after.every(({ ending }) => ending === "done"));
    });
    it("is told with each service's counts, and by which of them releases were stopped, in text and as data", () => {
        const failing = (hour: number): number => (hour >= 1 && hour < 2 ? 0.05 : 0.0005);
        const told = answered(both({ failing, rate: 40 }), chained({ timeout: "20m" }));
        const text = replayText(told);
        assert.match(text, /^shop: v1 released to itself \(as v1-again\) 18 times, one each 10 min, /);
        assert.match(
            text,
            /\nCallers of review counted 216,000 requests to v1 in windows of 30 s; 0\.\d+ % of them failed\./,
        );
        assert.match(
            text,
            /\nCallers of product counted 432,000 requests to v1 in windows of 30 s; 1\.\d % of them failed\./,
        );
        assert.match(text, /\n(held|not judged) at \d+ by product, .* after it began: product: /);
        assert.doesNotMatch(text, / by review/);
        assert.match(text, /review v1's requests turned bad together \(φ\): /);
        assert.match(text, /product v1's requests turned bad together \(φ\): /);
        assert.match(text, /each service's apart, where the edge deals once for all of them; /);
        const { services, stopped, ...more } = replayJson(told) as {
            services: Record<
                string,
                { requests: number; failedShare: number; missingSeconds: number; dispersion: object }
            >;
            stopped: { stoppedBy: string[]; services: Record<string, { because?: object }> }[];
        };
        const known = Object.entries(services).map(([name, one]) => [name, one.requests, one.missingSeconds]);
        assert.deepEqual(known, [
            ["review", 216_000, 0],
            ["product", 432_000, 0],
        ]);
        assert.equal(services.product?.failedShare, failedShare(ownOf("product", told.past.windows)));
        assert.deepEqual(Object.keys(services.review?.dispersion ?? {}), ["measured", "gate"]);
        assert.ok(stopped.length > 0);
        for (const one of stopped) assert.deepEqual(one.stoppedBy, ["product"]);
        for (const key of ["requests", "failedShare", "missingSeconds", "dispersion"]) assert.ok(!(key in more), key);
    });
    it("is advised about by the service that stopped it, and by the chain's own config", () => {
        const advised = (windows: readonly PastWindow[], given: object): Advice[] => [
            ...answered(windows, chained(given)).advice,
        ];
        const [ceiling, ...others] = advised(both({ failing: 0.02, rate: 40 }), {});
        assert.deepEqual(others, []);
        assert.match(
            ceiling?.says ?? "",
            /^The ceiling of 1 % stopped \d+ releases: product v1 itself failed .* \(2 % in all\)\. That is how product v1 is: /,
        );
        assert.equal(ceiling?.fix, "pulumi config set --path release.shop.gate.ceiling 0.05");
        const slow = { hours: 8, rate: 1, failing: 0 };
        const [time] = advised(both(slow, slow), { timeout: "30m" });
        assert.match(
            time?.says ?? "",
            /^At 10, (\d+) releases had too few requests to review and product v1 within 30m.* With a timeout of 2h, (\d+) of \2 would have got there\.$/,
        );
        assert.equal(time?.fix, "pulumi config set --path release.shop.timeout 2h");
    });
});

describe("what a replay advises", function () {
    this.timeout(180_000);

    const told = (windows: readonly PastWindow[], given: object, more?: Partial<Asked>): Advice[] => {
        const of = rehearsed(given, more);
        const again: Again = (settings, steps = of.steps): Replay => replay(windows, { ...of, settings, steps }, 1);
        return adviceOn(again(of.settings), windows, of, again);
    };

    it("is nothing where nothing was stopped", () => {
        assert.deepEqual(told(past({ hours: 4, rate: 20, failing: 0.0005 }), quick), [
            { says: "Nothing to change: no release would have been stopped." },
        ]);
    });
    it("is another ceiling where the version fails as much as that all the time, and it is tried first", () => {
        const [only, ...others] = told(past({ hours: 4, rate: 40, failing: 0.02 }), quick);
        assert.deepEqual(others, []);
        assert.equal(only?.fix, "pulumi config set --path release.review.gate.ceiling 0.05");
        assert.match(
            only?.says ?? "",
            /^The ceiling of 1 % stopped \d+ releases: v1 itself failed .* \(2 % in all\).* With a ceiling of 5 %, (\d+) of \1 would have got there\.$/,
        );
    });
    it("is another hour, and no command, where it was an incident", () => {
        const failing = (hour: number): number => (hour >= 5 && hour < 5.2 ? 0.2 : 0.0005);
        const [only, ...others] = told(past({ hours: 12, rate: 40, failing }), quick);
        assert.deepEqual([others, only?.fix], [[], undefined]);
        assert.match(only?.says ?? "", /That is an incident: release at other hours\. /);
    });
    it("is a longer timeout where there are too few requests to judge a step, and how long it takes", () => {
        const [only, ...others] = told(past({ hours: 8, rate: 1, failing: 0 }), { ...quick, timeout: "30m" });
        assert.deepEqual(others, []);
        assert.equal(only?.fix, "pulumi config set --path release.review.timeout 2h");
        assert.match(
            only?.says ?? "",
            /^At 10, \d+ releases had too few requests to v1 within 30m.* up to \d+ min\)\. With a timeout of 2h, (\d+) of \1 would have got there\.$/,
        );
    });
    it("is to begin with a larger share where no timeout helps", () => {
        // Nobody's approval is advised away.
        const given = { ...quick, steps: "header,1,approval:ann,25,pause:<10m,50,100", bake: "5m", timeout: "4h" };
        const [only, ...others] = told(past({ hours: 9, rate: 1, failing: 0 }), given);
        assert.deepEqual(others, []);
        assert.equal(
            only?.fix,
            "pulumi config set --path release.review.steps 'header,approval:ann,25,pause:<600s,50,100'",
        );
    });
    it("is to learn first how requests fail, or for longer, where they fail together and good releases are given back", () => {
        const windows = past({ hours: 24, rate: 200, failing: 0.0005, burst: 10 });
        const [untested, ...others] = told(windows, { ...quick, steps: "10,pause,25,50,100" });
        assert.deepEqual(others, []);
        assert.match(
            untested?.says ?? "",
            /^For nothing, \d+ releases would have been given back, more than alpha \(0\.01\) promises: .* With a header test of 5m a step, (\d+) of \1 would have got there\.$/,
        );
        assert.equal(
            untested?.fix,
            "pulumi config set --path release.review.steps header,10,pause,25,50,100 && pulumi config set --path release.review.bake 5m",
        );
        const [tested] = told(windows, quick);
        assert.equal(tested?.fix, "pulumi config set --path release.review.bake 5m");
    });
    it("is not to ask for latency where nobody times requests, and nothing where a release can learn it", () => {
        const measured = past({ hours: 2, rate: 20, failing: 0, median: 40 });
        assert.match(told(measured, { steps: "10,100" })[0]?.says ?? "", /^Nothing to change/);
        assert.deepEqual(
            told(past({ hours: 4, rate: 20, failing: 0 }), {}).map(({ fix }) => fix),
            ["pulumi config set --path release.review.gate.latency false"],
        );
    });
});

describe("what is asked of the past", () => {
    const refused = (given: unknown, more: Partial<Asked>, told: RegExp): void =>
        assert.throws(() => askedFor({ ...asked, ...more }, given, "v1"), told);

    it("is as the config has it, and as options have it", () => {
        const given = {
            steps: "header,5,100",
            bake: "3m",
            with: "product",
            prometheus: { url: "http://a:1", metrics: "envoy", scrapeSeconds: 5 },
        };
        const { of, place } = askedFor({ ...asked, prometheus: undefined }, given, "v1");
        assert.deepEqual(place, { url: "http://a:1", metrics: "envoy", scrapeSeconds: 5 });
        assert.deepEqual(
            [of.steps.map(({ name }) => name), of.settings.bake, of.services],
            [["header", "5", "100"], "3m", 2],
        );
        const other = askedFor({ ...asked, metrics: "istio", scrapeSeconds: 30, share: 20, bake: "1m" }, given, "v1");
        assert.deepEqual(other.place, { url: "http://127.0.0.1:9090", metrics: "istio", scrapeSeconds: 30 });
        assert.deepEqual([other.of.steps.map(({ name }) => name), other.of.settings.bake], [["header", "20"], "1m"]);
        // By an option alone it is the replay's: the release would ask the proxies, which have no hour before.
        assert.deepEqual([of.knowsHour, rehearsed({}).knowsHour], [true, false]);
    });
    it("is not the proxies, which have no past", () => {
        refused(
            undefined,
            { prometheus: undefined },
            /^Error: release\.review\.prometheus: review is judged by .* have no past: .*\n {2}fix: npx upshift gate review --replay 24h --prometheus http:\/\/127\.0\.0\.1:9090 --metrics istio$/,
        );
    });
    it("is refused where no release fits in, or none can be meant", () => {
        refused(
            {},
            { seconds: 300 },
            /takes 10 min at least, 2m a step.*\n {2}fix: npx upshift gate review --replay 24h$/,
        );
        refused(
            {},
            { steps: "10,5" },
            /^Error: --steps: the shares 10, 5 do not rise; .*\n {2}fix: .* --steps header,10,25,50,100$/,
        );
        refused(
            { steps: "10,5" },
            {},
            /release\.review\.steps: .*\n {2}fix: pulumi config set --path release\.review\.steps/,
        );
        assert.throws(
            () => askedFor({ ...asked, steps: "mirror:20,50,100" }, {}, "v1", ["review", "product"]),
            /^Error: --steps: a chain gets no copies: .*\n {2}fix: .* --steps 50,100$/,
        );
        refused({ gate: { ceiling: 2 } }, {}, /release\.review\.gate\.ceiling: 2 does not fit/);
        refused({ prometheus: { url: "a" } }, {}, /release\.review\.prometheus\.url/);
    });
});
