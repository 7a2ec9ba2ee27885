import type { VersionCounts } from "../counts";
import { dispersionOf } from "../dispersion";
import { chooseEdges, slowerThan, timedIn } from "../latency";
import { hourBefore, pastSeconds, type PastWindow } from "../past";

/** How many of a version's requests turn bad at once: 1 where each does so by itself. */
export interface Bursts {
    readonly failed: number;
    readonly slow: number;
}

/**
 * How many requests turned bad at once around an instant of the past, by the gate's own measure: in the hour before it and in the hour
 * after it, whichever is less. An outage that begins a minute before looks like one large burst, to the gate as well, and like none an
 * hour later; what really comes in bursts does so in both.
 *
 * Of a release that asks the proxies the gate knows less, only what it was shown since it began: whether that was enough is to be found
 * out.
 */
export function burstsAround(past: readonly PastWindow[], at: number): Bursts {
    const [first, last] = [past[0], past.at(-1)];
    const begin = (first?.at ?? 0) - (first?.seconds ?? 0);
    const ends = [Math.max(at, begin + pastSeconds), at + pastSeconds].filter((end) => end <= (last?.at ?? 0));
    const hours = ends.length > 0 ? ends.map((end) => hourBefore(past, end)) : [past.map(({ counts }) => counts)];
    const all = hours.map(burstsIn);
    return {
        failed: Math.min(...all.map(({ failed }) => failed)),
        slow: Math.min(...all.map(({ slow }) => slow)),
    };
}

function burstsIn(windows: readonly VersionCounts[]): Bursts {
    const edges = chooseEdges({ requests: 0, failed: 0, timed: timedIn(windows) });
    return {
        failed: dispersionOf(windows.map(({ requests, failed: bad }) => ({ requests, bad }))),
        slow: Math.max(1, ...edges.map((edge) => dispersionOf(windows.map((counts) => slowerThan(edge, counts))))),
    };
}
