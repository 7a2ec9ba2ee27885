import type { Counter, Workload } from "./counters";

/** What one proxy had counted at a moment. */
export interface ProxyReading {
    /** The pod's name, with its namespace: counters of another pod are not these ones. */
    readonly pod: string;
    readonly from: Workload;
    readonly counters: readonly Counter[];
}

/** Requests from one workload to another within the window. */
export interface Edge {
    readonly from: Workload;
    readonly to: Workload;
    readonly requests: number;
    readonly failed: number;
    /** Percent of all requests that the caller sent. */
    readonly share: number;
    /** Percent of the caller's requests to this service, whatever the version. */
    readonly shareOfService: number;
}

/** Who called whom within a window. */
export interface TrafficGraph {
    readonly seconds: number;
    /** By caller, service and version; destinations that got no request are left out. */
    readonly edges: readonly Edge[];
}

/**
 * The graph between two readings of the same proxies.
 *
 * A counter that has fallen belongs to a proxy that was started anew: what it has now was counted since. A proxy that
 * is in the second reading only has come up meanwhile, and all it counted belongs to the window.
 *
 * @param isShown whether a destination belongs in the graph; all do by default.
 */
export function graphBetween(
    before: readonly ProxyReading[],
    after: readonly ProxyReading[],
    seconds: number,
    isShown: (to: Workload) => boolean = () => true,
): TrafficGraph {
    const earlier = new Map(
        before.flatMap(({ pod, counters }) => counters.map((counter) => [`${pod} ${idOf(counter.to)}`, counter])),
    );
    const sums = new Map<string, { from: Workload; to: Workload; requests: number; failed: number }>();
    for (const { pod, from, counters } of after) {
        for (const counter of counters.filter(({ to }) => isShown(to))) {
            const since = difference(earlier.get(`${pod} ${idOf(counter.to)}`), counter);
            if (since.requests === 0) continue;
            const id = `${idOf(from)} ${idOf(counter.to)}`;
            const sum = sums.get(id) ?? { from, to: counter.to, requests: 0, failed: 0 };
            sums.set(id, { ...sum, requests: sum.requests + since.requests, failed: sum.failed + since.failed });
        }
    }
    return { seconds, edges: withShares([...sums.values()]) };
}

/**
 * Gives destinations whose route names no version the one that they have.
 *
 * @param versionsOf the versions that a service has pods of.
 */
export function withVersions(
    readings: readonly ProxyReading[],
    versionsOf: (service: Workload) => readonly string[],
): ProxyReading[] {
    const named = (counter: Counter): Counter => {
        const [only, ...others] = counter.to.version ? [] : versionsOf(counter.to);
        return only && others.length === 0 ? { ...counter, to: { ...counter.to, version: only } } : counter;
    };
    return readings.map((reading) => ({ ...reading, counters: reading.counters.map(named) }));
}

/** Tells a workload from every other. */
export function idOf({ namespace, service, version }: Workload): string {
    return `${service}.${namespace}/${version}`;
}

/** Tells a service from every other, whatever the version. */
export function serviceIdOf(workload: Workload): string {
    return idOf({ ...workload, version: "" });
}

/**
 * Whole numbers that add up as the shares do: each is rounded down, and those that lost most get what is missing.
 * 33.3 % in 6.7 and 26.6 are 33 in 7 and 26.
 */
export function wholeShares(shares: readonly number[]): number[] {
    const whole = shares.map(Math.floor);
    const lost = shares.map((share, at) => ({ at, loss: share - Math.floor(share) }));
    const missing = Math.round(sum(shares)) - sum(whole);
    lost.sort((a, b) => b.loss - a.loss || a.at - b.at);
    for (const { at } of lost.slice(0, missing)) whole[at] = (whole[at] ?? 0) + 1;
    return whole;
}

function difference(before: Counter | undefined, after: Counter): Pick<Counter, "requests" | "failed"> {
    if (!before || after.requests < before.requests || after.failed < before.failed) return after;
    return { requests: after.requests - before.requests, failed: after.failed - before.failed };
}

function withShares(counts: readonly Omit<Edge, "share" | "shareOfService">[]): Edge[] {
    const edges = counts.map((count) => {
        const sent = counts.filter(({ from }) => idOf(from) === idOf(count.from));
        const toService = sent.filter(({ to }) => serviceIdOf(to) === serviceIdOf(count.to));
        return {
            ...count,
            share: percent(count.requests, sent),
            shareOfService: percent(count.requests, toService),
        };
    });
    const order = ({ from, to }: Edge): string => [idOf(from), idOf(to)].join(" ");
    return edges.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

function percent(part: number, whole: readonly { requests: number }[]): number {
    return (100 * part) / sum(whole.map(({ requests }) => requests));
}

function sum(values: readonly number[]): number {
    return values.reduce((total, value) => total + value, 0);
}
