import type { VersionCounts } from "../counts";
import { dispersionOf } from "../dispersion";
import { chooseEdges, slowerThan } from "../latency";
import { hourBefore, pastSeconds, type PastWindow } from "../past";

/** How many of a version's requests turn bad at once: 1 where each does so by itself. */
export interface Bursts {
    readonly failed: number;
    readonly slow: number;
}

/**
 * How many requests turned bad at once in the hour before an instant of the past, or in its first hour: by the gate's own measure.
 *
 * Of a release that asks the proxies the gate knows less, only what it was shown since it began: whether that was enough is to be found
 * out.
 */
export function burstsBefore(past: readonly PastWindow[], at: number): Bursts {
    const [first] = past;
    const end = Math.max(at, (first?.at ?? 0) - (first?.seconds ?? 0) + pastSeconds);
    const hour = hourBefore(past, end);
    const edges = chooseEdges({ requests: 0, failed: 0, timed: timedIn(hour) });
    return {
        failed: dispersionOf(hour.map(({ requests, failed: bad }) => ({ requests, bad }))),
        slow: Math.max(1, ...edges.map((edge) => dispersionOf(hour.map((counts) => slowerThan(edge, counts))))),
    };
}

function timedIn(windows: readonly VersionCounts[]): Map<number, number> {
    const sums = new Map<number, number>();
    for (const { timed } of windows)
        for (const [edge, count] of timed ?? []) sums.set(edge, (sums.get(edge) ?? 0) + count);
    return sums;
}
