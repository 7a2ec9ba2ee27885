import type { Window } from "../load/protocol";
import type { VersionStats } from "../load/versionTally";
import type { Check } from "./story";

/** What a new version must keep to before it gets more. */
export interface LookLimits {
    /** Percent of requests that must succeed. */
    success: number;
    /** How many times as long as the old version's its p99 latency may be. */
    slower: number;
    /** Milliseconds of difference that are no news: noise, where answers are fast. */
    noise: number;
}

const usual: LookLimits = { success: 99.9, slower: 2, noise: 25 };

/**
 * What a person looks at in Grafana's workload dashboard before the next step, from the load's own measurement: success
 * rate and latency of the new version beside those of the old one, in the same time.
 */
export function look(
    window: Window,
    service: string,
    [before, after]: readonly [string, string],
    limits: LookLimits = usual,
): Check[] {
    const { [before]: old, [after]: fresh } = window.byVersion[service] ?? {};
    if (!old || !fresh)
        return [{ name: `${service} ${before} and ${after} are seen`, ok: false, detail: "one had no request" }];
    const told = `${after} ${inWords(fresh)}; ${before} ${inWords(old)}`;
    return [
        {
            name: `${service} ${after} succeeds in ${limits.success} % of ${fresh.requests} requests`,
            ok: successOf(fresh) >= limits.success,
            detail: told,
        },
        {
            name: `${service} ${after} is not slower than ${before}`,
            ok: fresh.p99 <= Math.max(old.p99 * limits.slower, old.p99 + limits.noise),
            detail: told,
        },
    ];
}

function successOf({ requests, failed }: VersionStats): number {
    return (100 * (requests - failed)) / requests;
}

function inWords(stats: VersionStats): string {
    return `${successOf(stats).toFixed(1)} %, p50 ${stats.p50.toFixed(1)} ms, p99 ${stats.p99.toFixed(1)} ms`;
}
