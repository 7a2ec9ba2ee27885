import type { Reading, VersionCounts } from "./counts";
import { Windows } from "./windows";

/** How much of the past says how a version's requests fail, in seconds. */
export const pastSeconds = 3600;

/** What a version got between two looks in the past. */
export interface PastWindow {
    /** Its end, in seconds since 1970. */
    readonly at: number;
    readonly seconds: number;
    readonly counts: VersionCounts;
    /** Whose version it is, where the past is that of several services. */
    readonly service?: string;
}

/** What ends at one instant of the past: a window of each service of which something was counted until then. */
export interface Moment {
    readonly begins: number;
    readonly at: number;
    readonly windows: readonly PastWindow[];
    /** Of the first of them among all windows. */
    readonly index: number;
}

/** What was counted of a version in the past. */
export interface Past {
    readonly windows: readonly PastWindow[];
    /** When it was first counted, in seconds since 1970; undefined where it never was. */
    readonly since: number | undefined;
    /** All versions of the service that were counted. */
    readonly versions: readonly string[];
}

/**
 * The windows of the past that a gate would have had, of one version's counts.
 *
 * @param readings in order, as far apart as a window is long. Where some are missing, the next window is so much longer, as it is for
 *     a gate that missed looks.
 * @throws where counters can't be right.
 */
export async function pastOf(readings: AsyncIterable<Reading>, version: string): Promise<Past> {
    const ends = new Windows(0);
    const windows: PastWindow[] = [];
    const versions = new Set<string>();
    let since: number | undefined;
    for await (const reading of readings) {
        for (const caller of reading.callers) Object.keys(caller.versions).forEach((name) => versions.add(name));
        if (versions.has(version)) since ??= reading.at;
        const window = ends.next(reading, { canary: version, step: 0 });
        if (window) windows.push({ at: reading.at, seconds: window.seconds, counts: window.canary });
    }
    return { windows, since, versions: [...versions].sort() };
}

/** The pasts of several services as one, by the time at which their windows end. */
export function asOne(pasts: Readonly<Record<string, readonly PastWindow[]>>): PastWindow[] {
    const all = Object.entries(pasts).flatMap(([service, windows]) => windows.map((one) => ({ ...one, service })));
    return all.sort((one, other) => one.at - other.at);
}

/** A service's own windows of such a past. */
export function ownOf(name: string, past: readonly PastWindow[]): PastWindow[] {
    return past.filter(({ service = name }) => service === name);
}

/** The instants at which windows of the past end, one after the other. */
export function* momentsOf(past: readonly PastWindow[]): Generator<Moment, undefined> {
    for (let index = 0, end = 0; index < past.length; index = end) {
        const at = past[index]?.at ?? 0;
        while (past[end]?.at === at) end++;
        const windows = past.slice(index, end);
        yield { begins: at - Math.min(...windows.map(({ seconds }) => seconds)), at, windows, index };
    }
}

/** What a release that begins at an instant reads of the hour before it. */
export function hourBefore(windows: readonly PastWindow[], instant: number): VersionCounts[] {
    const isOfIt = ({ at }: PastWindow): boolean => at <= instant && at > instant - pastSeconds;
    return windows.filter(isOfIt).map(({ counts }) => counts);
}

/** All that the version got. */
export function totalOf(windows: readonly PastWindow[]): { readonly requests: number; readonly failed: number } {
    return windows.reduce(
        (sum, { counts }) => ({ requests: sum.requests + counts.requests, failed: sum.failed + counts.failed }),
        { requests: 0, failed: 0 },
    );
}

/** The share of its requests that failed between two instants, from 0 to 1. */
export function failedShare(windows: readonly PastWindow[], from = -Infinity, until = Infinity): number {
    const { requests, failed } = totalOf(windows.filter(({ at, seconds }) => at - seconds < until && at > from));
    return requests === 0 ? 0 : failed / requests;
}
