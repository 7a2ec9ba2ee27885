import * as assert from "node:assert/strict";
import type { Count } from "../../rollout/gate/comparison";
import type { VersionCounts } from "../../rollout/gate/counts";
import { Dispersion, dispersionOf } from "../../rollout/gate/dispersion";
import { Gate } from "../../rollout/gate/gate";
import type { GateWindow } from "../../rollout/gate/metric";
import { outages } from "../../rollout/gate/outages";
import { binomial, hourBefore, random, type Random, type Scenario, windowsOf } from "../support/gateTraffic";

/** An hour of one version: how its requests turn bad. */
interface Hour {
    readonly windows?: number;
    readonly requests?: number;
    /** The share of bad requests, by the minute. */
    readonly share: number | ((minute: number) => number);
    /** How many turn bad at once. */
    readonly burst?: number;
    /** Single bursts among the others, of so many requests, each in one window. */
    readonly seldom?: { readonly size: number; readonly times: number };
}

function hourOf({ windows = 360, requests = 2000, share, burst = 1, seldom }: Hour, next: Random): Count[] {
    const hit = Array.from({ length: seldom?.times ?? 0 }, () => Math.floor(next() * windows));
    return Array.from({ length: windows }, (_, index) => {
        const rate = typeof share === "number" ? share : share((60 * (index + 0.5)) / windows);
        const bursts = (seldom?.size ?? 0) * hit.filter((one) => one === index).length;
        return { requests, bad: Math.min(requests, bursts + burst * binomial(requests, rate / burst, next)) };
    });
}

/** What is found in the middle of forty such hours, and of one in ten of them at most and at least. */
function found(hour: Hour): { least: number; middle: number; most: number } {
    const next = random(11);
    const all = Array.from({ length: 40 }, () => dispersionOf(hourOf(hour, next))).sort((a, b) => a - b);
    return { least: all[4] ?? NaN, middle: all[20] ?? NaN, most: all[36] ?? NaN };
}

/** For some minutes in the middle of the hour, in place of what it is else. */
const outage =
    (share: number, of: number, minutes: number) =>
    (minute: number): number =>
        minute > 30 && minute <= 30 + minutes ? of : share;

describe("how many requests turn bad at once", function () {
    this.timeout(120_000);

    const about = (hour: Hour, size: number, within = 1.25): void => {
        const { least, middle, most } = found(hour);
        assert.ok(middle > size / within && middle < size * within, `${middle} in the middle`);
        assert.ok(least > size / within ** 2 && most < size * within ** 2, `from ${least} to ${most}`);
    };

    it("is one where each does so by itself: often, seldom, and more and more", () => {
        const more = (minute: number): number => 0.001 + 0.0008 * minute;
        for (const share of [0.005, 0.0001, more]) about({ share }, 1);
        about({ share: 0.5, requests: 200 }, 1);
    });
    it("is as many as do: in each window, in one of ten, and where few requests come", () => {
        for (const burst of [3, 10, 30]) about({ share: 0.005, burst }, burst);
        about({ share: 0.0005, burst: 10 }, 10);
        about({ share: 0.005, burst: 10, requests: 200 }, 10);
        about({ share: 0.005, burst: 10, windows: 60 }, 10, 1.5);
    });
    it("counts a few large bursts among many single failures for what they are", () => {
        // 150 of 870 came by fifty: 9.4 at a time, for one of all failures.
        const { middle } = found({ share: 0.001, seldom: { size: 50, times: 3 } });
        assert.ok(middle > 8 && middle < 11, `${middle}`);
    });
    it("is not changed by an outage of any length up to a quarter of an hour, in windows of any length", () => {
        for (const windows of [360, 120, 60])
            for (const minutes of windows === 60 ? [3, 15] : [2, 5, 15]) {
                const requests = 144_000 / windows;
                about({ windows, requests, share: outage(0.005, 0.5, minutes) }, 1, 1.3);
                about({ windows, requests, share: outage(0.005, 0.5, minutes), burst: 10 }, 10, 1.6);
            }
    });
    it("is large where such rises come again and again: that is how the version is", () => {
        const often = (minute: number): number => (minute % 10 < 0.7 ? 0.05 : 0.001);
        assert.ok(found({ share: often }).least > 10);
    });
    it("is one where nothing was counted, or nothing was bad, or all was", () => {
        const [nobody, well, badly] = [0, 10, 10].map((requests, at) => ({ requests, bad: at === 2 ? 10 : 0 }));
        for (const windows of [[], [well], [nobody, well], [well, well], [badly, badly], [nobody, badly]])
            assert.equal(dispersionOf(windows as Count[]), 1);
        // 10 of 10 after 0 of 10, where 5 of each were to be expected.
        assert.equal(dispersionOf([well, badly] as Count[]), 20);
    });
    it("is the same for windows that come one by one", () => {
        const [all, one] = [hourOf({ share: 0.005, burst: 10 }, random(3)), new Dispersion()];
        for (const [index, window] of all.entries()) {
            one.add(window);
            if (index % 60 === 0) assert.equal(one.value, dispersionOf(all.slice(0, index + 1)));
        }
        assert.equal(one.value, dispersionOf(all));
    });
});

describe("an outage", () => {
    const row = (...bad: number[]): Count[] => bad.map((one) => ({ requests: 100, bad: one }));
    const quiet = Array<number>(57).fill(0);
    const cut = (windows: Count[]): number[] => outages(windows).flatMap((is, index) => (is ? [index] : []));

    it("is a rise that lasts for three windows and more, and a burst in two of them is none", () => {
        assert.deepEqual(cut(row(...quiet, 40, 50, 45)), [57, 58, 59]);
        assert.deepEqual(cut(row(...quiet, 40, 50, 0)), []);
        assert.deepEqual(cut(row(...quiet, 40, 0, 50)), []);
    });
    it("is none where there are more than two in an hour", () => {
        const rise = [50, 50, 50, 50];
        const calm = Array<number>(40).fill(0);
        assert.equal(cut(row(...calm, ...rise, ...calm, ...rise, ...calm)).length, 8);
        assert.deepEqual(cut(row(...calm, ...rise, ...calm, ...rise, ...calm, ...rise, ...calm)), []);
    });
    it("is found by chance in less than three of ten hours of windows in any order, and then takes few of them", () => {
        const next = random(5);
        const all = Array.from({ length: 200 }, () => cut(hourOf({ share: 0.005, burst: 10 }, next)).length);
        assert.ok(all.filter((count) => count > 0).length < 60, `${all.filter((count) => count > 0).length}`);
        assert.ok(all.reduce((sum, one) => sum + one, 0) < 0.01 * 360 * 200);
    });
});

describe("a release that knows the hour before it", function () {
    this.timeout(300_000);
    const bursts: Scenario = { rate: 200, share: 0.1, stable: 0.005, burst: 10 };
    const gateAfter = (before: readonly VersionCounts[]): Gate =>
        new Gate({ service: "review", canary: "v2", stable: "v1", before, settings: { latency: false } });
    /** The hour before, with stable half down for two minutes, half an hour ago. */
    const withOutage = (scenario: Scenario, next: Random): VersionCounts[] => [
        ...hourBefore(scenario, next).slice(0, 180),
        ...hourBefore({ ...scenario, stable: 0.5 }, next).slice(0, 12),
        ...hourBefore(scenario, next).slice(192),
    ];
    /** Seconds until each of so many failed; those that did not are Infinity. */
    const failing = (
        count: number,
        before: typeof withOutage,
        scenario: Scenario,
        change: (window: GateWindow, next: Random) => GateWindow = (window) => window,
    ): number[] => {
        const next = random(2026);
        return Array.from({ length: count }, () => {
            const gate = gateAfter(before(scenario, next));
            let seconds = 0;
            for (const window of windowsOf(scenario, next)) {
                gate.add(change(window, next));
                seconds += window.seconds;
                if (gate.verdict().verdict === "fail") return seconds;
            }
            return Infinity;
        }).sort((a, b) => a - b);
    };
    const share = (seconds: readonly number[]): number => seconds.filter(Number.isFinite).length / seconds.length;
    /** One in a hundred, and 4 standard deviations of 200. */
    const alpha = 0.01 + 4 * Math.sqrt((0.01 * 0.99) / 200);

    it("fails no more than one in a hundred good ones whose failures come by ten, after an outage of stable, too", () => {
        for (const before of [hourBefore, withOutage]) {
            const found = share(failing(200, before, bursts));
            assert.ok(found <= alpha, `${found} after ${before.name}`);
        }
    });
    it("nor many of those where twenty fail at once every two minutes, among failures that come one by one", () => {
        const single: Scenario = { rate: 200, share: 0.1, stable: 0.001 };
        const burst = (counts: VersionCounts): VersionCounts => ({
            ...counts,
            failed: Math.min(counts.requests, counts.failed + 20),
        });
        const often = 30 / 360;
        // As many of these bursts are the canary's as of all requests.
        const dying = (window: GateWindow, next: Random): GateWindow => {
            if (next() > often) return window;
            const isCanarys = next() < 0.1;
            return isCanarys
                ? { ...window, canary: burst(window.canary) }
                : { ...window, stable: window.stable && burst(window.stable) };
        };
        const before = (scenario: Scenario, next: Random): VersionCounts[] =>
            hourBefore(scenario, next).map((counts) => (next() < often ? burst(counts) : counts));
        const found = share(failing(200, before, single, dying));
        assert.ok(found <= 0.03, `${found}`);
    });
    it("asks for at most 1.3 times as many requests after an outage of stable of two minutes, half an hour ago", () => {
        const single: Scenario = { rate: 200, share: 0.1, stable: 0.002 };
        for (const scenario of [single, bursts]) {
            const next = random(4);
            const needed = (before: typeof withOutage): number => {
                const each = Array.from({ length: 20 }, () => {
                    const gate = gateAfter(before(scenario, next));
                    const canary = { requests: 10, failed: 0 };
                    gate.add({ seconds: 10, step: 1, canary, stable: { requests: 90, failed: 0 } });
                    return gate.verdict().needs?.requests ?? NaN;
                });
                return each.reduce((sum, one) => sum + one, 0) / each.length;
            };
            const [without, after] = [needed(hourBefore), needed(withOutage)];
            assert.ok(after <= 1.3 * without, `${after} and ${without} requests`);
        }
    });
    it("finds one that is worse and fails by ten within two minutes, nine in ten times, after an outage as without", () => {
        for (const before of [hourBefore, withOutage]) {
            const seconds = failing(100, before, { ...bursts, canary: 0.05 });
            assert.ok((seconds[90] ?? NaN) <= 180 && share(seconds) >= 0.98, `${seconds[50]} ${seconds[90]}`);
        }
    });
});
