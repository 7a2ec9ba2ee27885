import type { Served } from "../router";
import type { Counts } from "./sender";

/** Percents by what an answer shows: the workload, or the status where no pod answered. */
export function expected(served: readonly Served[]): Map<string, number> {
    const sums = new Map<string, number>();
    for (const one of served) {
        const key = one.outcome === "pods" ? one.workload : `status ${one.status}`;
        sums.set(key, (sums.get(key) ?? 0) + one.percent);
    }
    return sums;
}

/** What of a measurement lies further from a distribution than chance explains: beyond 4 standard deviations, in words. */
export function differences(shares: ReadonlyMap<string, number>, counts: Counts): string[] {
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const keys = new Set([...shares.keys(), ...Object.keys(counts)]);
    return [...keys].flatMap((key) => {
        const p = (shares.get(key) ?? 0) / 100;
        const count = counts[key] ?? 0;
        // Half a request more: of few requests, the last one is no deviation yet.
        const tolerance = 4 * Math.sqrt(total * p * (1 - p)) + (p > 0 && p < 1 ? 0.5 : 0);
        if (total > 0 && Math.abs(count - p * total) <= tolerance + 1e-6) return [];
        return [`${key}: ${count} of ${total}, expected ${Math.round(p * 1000) / 10} %`];
    });
}
