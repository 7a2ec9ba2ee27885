/** What was counted for a version: whole numbers. */
export interface VersionCounts {
    readonly requests: number;
    /** Those that were answered 5xx, by the version or by the caller's proxy in its place, or not at all. */
    readonly failed: number;
    /**
     * Requests that took no longer than an edge, by the edge in milliseconds; `Infinity` has all that were timed. Not
     * necessarily as many as `requests`: Envoy adds to its histograms some seconds later than to its counters.
     */
    readonly timed?: ReadonlyMap<number, number>;
}

/** What one caller's proxy has counted since it started, by version of the service. */
export interface CallerCounts {
    /** Tells the caller from every other, a pod that took the name of an earlier one included where that can be told. */
    readonly caller: string;
    readonly versions: Readonly<Record<string, VersionCounts>>;
}

/** All callers' counters at one instant. */
export interface Reading {
    /** Seconds of a clock that does not jump. The distance of two readings is a window. */
    readonly at: number;
    readonly callers: readonly CallerCounts[];
}

/**
 * Where counts come from: a Prometheus that scrapes the callers' proxies, or the proxies themselves.
 *
 * What it gives are the counters themselves, as whole numbers since the proxy started, at the *callers*: the failures of a
 * switch (no healthy upstream, reset connections) are made there, and no server ever sees them. Never a rate, and no
 * `increase()`: it extrapolates, and the gate's test counts requests. All counts of one caller are of the same instant.
 * A version that a caller never called may be missing in it, or be 0.
 */
export interface CountSource {
    /** What an error names: `Prometheus at http://127.0.0.1:9090`. */
    readonly name: string;
    /**
     * Seconds within which a source sees a request; a Prometheus has twice its scrape interval. A window is never shorter.
     */
    readonly resolution: number;
    /**
     * The counters of every caller of a service, now.
     *
     * @throws where they can't be read, or nothing counts there at all. The gate then holds: an outage of the measurement
     *     neither promotes nor rolls back.
     */
    read(service: { readonly name: string; readonly namespace: string }): Promise<Reading>;
    /**
     * What a version got until now, window by window. Left out by a source that has no past.
     *
     * @param seconds how far back.
     * @throws where it can't be read.
     */
    past?(
        service: { readonly name: string; readonly namespace: string },
        version: string,
        seconds: number,
    ): Promise<VersionCounts[]>;
}

/**
 * What was counted since an earlier reading, by version.
 *
 * A caller that is new is a starting point only. It may have run for long, unseen by a scrape, and all it ever counted does
 * not belong to this window. A version that is new to a known caller counts from 0. A counter that fell belongs to a proxy
 * that was started anew: what it has now was counted since.
 *
 * @throws where a count is no whole number, or a version failed more often than it was asked.
 */
export function countsBetween(before: Reading, after: Reading): Record<string, VersionCounts> {
    if (after.at <= before.at) throw new Error(`A reading of second ${after.at} does not follow one of ${before.at}.`);
    const earlier = new Map(before.callers.map(({ caller, versions }) => [caller, versions]));
    const sums: Record<string, VersionCounts> = {};
    for (const { caller, versions } of after.callers) {
        const known = earlier.get(caller);
        for (const [version, counts] of Object.entries(versions)) {
            checkWhole(counts, version, caller);
            if (known) sums[version] = plus(sums[version] ?? none, difference(known[version] ?? none, counts));
        }
    }
    return sums;
}

/**
 * The later reading, with what it lacks as that was last seen. A caller whose scrape failed comes back with all that it
 * counted meanwhile: without this it would be new.
 */
export function remembering(before: Reading, after: Reading): Reading {
    const callers = new Map(before.callers.map((one) => [one.caller, one]));
    for (const { caller, versions } of after.callers) {
        callers.set(caller, { caller, versions: { ...callers.get(caller)?.versions, ...versions } });
    }
    return { at: after.at, callers: [...callers.values()] };
}

/** Nothing at all. */
export const none: VersionCounts = { requests: 0, failed: 0 };

function difference(before: VersionCounts, after: VersionCounts): VersionCounts {
    const [earlier, later] = [numbersOf(before), numbersOf(after)];
    const base = [...earlier].some(([key, value]) => (later.get(key) ?? 0) < value) ? none : before;
    return combined(after, base, (now, then) => now - then);
}

/** What was counted in two windows, or at two callers. */
export function plus(one: VersionCounts, other: VersionCounts): VersionCounts {
    return combined(one, other, (a, b) => a + b);
}

function combined(one: VersionCounts, other: VersionCounts, by: (a: number, b: number) => number): VersionCounts {
    const edges = new Set([...(one.timed?.keys() ?? []), ...(other.timed?.keys() ?? [])]);
    const timed = new Map(
        [...edges]
            .sort((a, b) => a - b)
            .map((edge) => [edge, by(one.timed?.get(edge) ?? 0, other.timed?.get(edge) ?? 0)]),
    );
    const [requests, failed] = [by(one.requests, other.requests), by(one.failed, other.failed)];
    return { requests, failed, ...(edges.size > 0 && { timed }) };
}

function numbersOf({ requests, failed, timed }: VersionCounts): Map<string, number> {
    const buckets = [...(timed ?? [])].map(([edge, count]): [string, number] => [`${edge} ms`, count]);
    return new Map([["requests", requests], ["failed", failed], ...buckets]);
}

function checkWhole(counts: VersionCounts, version: string, caller: string): void {
    const place = `of ${version} at ${caller}`;
    for (const [what, value] of numbersOf(counts)) {
        if (!Number.isSafeInteger(value) || value < 0) {
            throw new Error(`The counter "${what}" ${place} is ${value}, and counters are whole numbers.`);
        }
    }
    if (counts.failed > counts.requests) {
        throw new Error(`The counters ${place} have ${counts.failed} failed of ${counts.requests} requests.`);
    }
}
