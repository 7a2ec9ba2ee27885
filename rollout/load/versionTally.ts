import { build, type Histogram } from "hdr-histogram-js";

/** What became of the requests that one version of a service took part in. */
export interface VersionStats {
    requests: number;
    /** Those that were answered with an error. */
    failed: number;
    /** Latency of the whole answers, not of this service's part, in milliseconds, by percentile. */
    latency: Record<Percentile, number>;
}

/** The percentiles that are told, the lowest first. */
export const percentiles = ["p50", "p75", "p90", "p95", "p99"] as const;
export type Percentile = (typeof percentiles)[number];

/** Counts and times the answers of each version of each service. */
export class VersionTally {
    private readonly versions = new Map<string, { latency: Histogram; failed: number }>();

    /** @param served the services and versions that an answer names. */
    add(served: readonly (readonly [service: string, version: string])[], ok: boolean, milliseconds: number): void {
        for (const [service, version] of served) {
            const kept = this.of(`${service}=${version}`);
            kept.latency.recordValue(Math.max(1, Math.round(milliseconds * 1000)));
            if (!ok) kept.failed++;
        }
    }

    /** By service and version. */
    close(): Record<string, Record<string, VersionStats>> {
        const stats: Record<string, Record<string, VersionStats>> = {};
        for (const [name, { latency, failed }] of this.versions) {
            const [service = "", version = ""] = name.split("=");
            (stats[service] ??= {})[version] = {
                requests: latency.totalCount,
                failed,
                latency: Object.fromEntries(
                    percentiles.map((name) => [name, latency.getValueAtPercentile(Number(name.slice(1))) / 1000]),
                ) as Record<Percentile, number>,
            };
        }
        return stats;
    }

    private of(name: string): { latency: Histogram; failed: number } {
        const found = this.versions.get(name) ?? { latency: microseconds(), failed: 0 };
        this.versions.set(name, found);
        return found;
    }
}

/** A histogram from a microsecond to two minutes. */
export function microseconds(): Histogram {
    return build({ lowestDiscernibleValue: 1, highestTrackableValue: 120_000_000, numberOfSignificantValueDigits: 3 });
}
