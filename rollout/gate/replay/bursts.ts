import type { Count } from "../comparison";
import type { VersionCounts } from "../counts";
import { chooseEdges, slowerThan } from "../latency";
import { pastSeconds, type PastWindow } from "../past";

/** How many of a version's requests turn bad at once: 1 where each does so by itself. */
export interface Bursts {
    readonly failed: number;
    readonly slow: number;
}

/**
 * How many requests turned bad at once in the hour before an instant of the past, or in its first hour.
 *
 * It is not what the gate believes, which knows only what it was shown of the release: whether that was enough is to be found out.
 */
export function burstsBefore(past: readonly PastWindow[], at: number): Bursts {
    const [first] = past;
    const end = Math.max(at, (first?.at ?? 0) - (first?.seconds ?? 0) + pastSeconds);
    const hour = past.filter((one) => one.at <= end && one.at > end - pastSeconds).map(({ counts }) => counts);
    const edges = chooseEdges({ requests: 0, failed: 0, timed: timedIn(hour) });
    return {
        failed: atOnce(hour.map(({ requests, failed: bad }) => ({ requests, bad }))),
        slow: Math.max(1, ...edges.map((edge) => atOnce(hour.map((counts) => slowerThan(edge, counts))))),
    };
}

/**
 * Pearson's dispersion between neighbours, so that a drift adds nothing. Where an outage begins and ends it would be far too large:
 * no pair counts for more than the 95th of a hundred.
 */
export function atOnce(windows: readonly Count[]): number {
    const all = windows.slice(1).flatMap((one, index) => squareOf(windows[index] as Count, one));
    const most = all.sort((a, b) => a - b)[Math.floor(0.95 * (all.length - 1))] ?? 0;
    const mean = all.reduce((sum, one) => sum + Math.min(one, most), 0) / Math.max(1, all.length);
    return Math.max(1, mean);
}

/** How much two windows differ, in terms of chance; none where nothing, or everything, was bad. */
function squareOf(one: Count, other: Count): number[] {
    const rate = (one.bad + other.bad) / (one.requests + other.requests);
    if (one.requests === 0 || other.requests === 0 || rate === 0 || rate === 1) return [];
    const far = one.bad / one.requests - other.bad / other.requests;
    return [far ** 2 / (rate * (1 - rate) * (1 / one.requests + 1 / other.requests))];
}

function timedIn(windows: readonly VersionCounts[]): Map<number, number> {
    const sums = new Map<number, number>();
    for (const { timed } of windows)
        for (const [edge, count] of timed ?? []) sums.set(edge, (sums.get(edge) ?? 0) + count);
    return sums;
}
