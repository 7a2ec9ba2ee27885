import type { VersionCounts } from "../../rollout/gate/counts";
import type { GateWindow } from "../../rollout/gate/metric";

/** What happens in a release of ten minutes, by window of ten seconds, and in the hour before. */
export interface Scenario {
    /** Requests a second. */
    readonly rate: number;
    /** The canary's share of requests, from 0 to 1; a change is a step. */
    readonly share: number | ((window: number) => number);
    /** The share of failed requests. */
    readonly stable: number | ((window: number) => number);
    /** As stable, where it is left out. */
    readonly canary?: number | ((window: number) => number);
    /** How many requests fail at once. */
    readonly burst?: number;
    /** Milliseconds: how long requests take, drawn once for each request. */
    readonly took?: { readonly stable: Took; readonly canary: Took };
}
export type Took = (random: Random, window: number) => number;
export type Random = () => number;

export const windowSeconds = 10;
export const windowsOfRelease = 60;
const windowsBefore = 360;
const edges = [0.5, 1, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10_000, Infinity];

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
export function random(seed: number): Random {
    let state = seed;
    return () => {
        state = (state + 0x6d2b79f5) | 0;
        let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
        mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
        return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
}

/** How many of `n` happen, each with chance `p`: from one that happens to the next. */
export function binomial(n: number, p: number, next: Random): number {
    if (p <= 0) return 0;
    if (p > 0.5) return n - binomial(n, 1 - p, next);
    const log = Math.log1p(-p);
    let count = 0;
    for (let at = -1; ; count++) {
        at += 1 + Math.floor(Math.log(1 - next()) / log);
        if (at >= n) return count;
    }
}

/** Lognormal, as latencies are: half of them take less than the median. */
export function lognormal(median: number, sigma = 0.8): Took {
    return (next) => median * Math.exp(sigma * Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()));
}

/** Stable's windows of the hour before. */
export function hourBefore(scenario: Scenario, next: Random): VersionCounts[] {
    return Array.from({ length: windowsBefore }, () =>
        counted(scenario, "stable", 0, scenario.rate * windowSeconds, next),
    );
}

/** The windows of a release, one after the other. */
export function* windowsOf(scenario: Scenario, next: Random): Generator<GateWindow> {
    let [step, share] = [0, NaN];
    for (let window = 0; window < windowsOfRelease; window++) {
        const now = at(scenario.share, window);
        if (now !== share) [step, share] = [step + 1, now];
        const requests = scenario.rate * windowSeconds;
        const canary = binomial(requests, share, next);
        yield {
            seconds: windowSeconds,
            step,
            canary: counted(scenario, "canary", window, canary, next),
            stable: counted(scenario, "stable", window, requests - canary, next),
        };
    }
}

function counted(
    scenario: Scenario,
    who: "canary" | "stable",
    window: number,
    requests: number,
    next: Random,
): VersionCounts {
    const { burst = 1, stable, took } = scenario;
    const share = at(scenario[who] ?? stable, window);
    const failed = Math.min(requests, burst * binomial(requests, share / burst, next));
    if (!took) return { requests, failed };
    const timed = new Map(edges.map((edge) => [edge, 0]));
    for (let request = 0; request < requests; request++) {
        const milliseconds = took[who](next, window);
        const edge = edges.find((one) => milliseconds <= one) ?? Infinity;
        timed.set(edge, (timed.get(edge) ?? 0) + 1);
    }
    let sum = 0;
    for (const [edge, count] of timed) timed.set(edge, (sum += count));
    return { requests, failed, timed };
}

function at(value: number | ((window: number) => number), window: number): number {
    return typeof value === "number" ? value : value(window);
}
