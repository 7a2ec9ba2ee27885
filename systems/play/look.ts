import type { Window } from "../../rollout/load/protocol";
import { type Percentile, percentiles, type VersionStats } from "../../rollout/load/versionTally";
import type { Check } from "./story";

/** What a new version must keep to before it gets more. */
export interface LookLimits {
    /** Percent of requests that must succeed. */
    success: number;
    /** How many times as long as the old version's its latency may be. */
    slower: number;
    /** Milliseconds of difference that are no news, where answers are fast. */
    noise: number;
}

const usual: LookLimits = { success: 99.9, slower: 2, noise: 25 };

/** So many requests must lie beyond a percentile for it to say something of a version, and not of a moment. */
const beyond = 10;

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
    const percentile = old && fresh && highest(Math.min(old.requests, fresh.requests));
    if (!old || !fresh || !percentile) {
        const seen = `${before} ${old?.requests ?? 0}, ${after} ${fresh?.requests ?? 0}`;
        return [
            { name: `${service} ${before} and ${after} have requests enough to be judged`, ok: false, detail: seen },
        ];
    }
    const told = `${after} ${inWords(fresh, percentile)}; ${before} ${inWords(old, percentile)}`;
    const allowed = Math.max(old.latency[percentile] * limits.slower, old.latency[percentile] + limits.noise);
    return [
        {
            name: `${service} ${after} succeeds in ${limits.success} % of ${fresh.requests} requests`,
            ok: successOf(fresh) >= limits.success,
            detail: told,
        },
        {
            name: `${service} ${after} is not slower than ${before}`,
            ok: fresh.latency[percentile] <= allowed,
            detail: told,
        },
    ];
}

/** The highest percentile that so many requests can tell of. */
function highest(requests: number): Percentile | undefined {
    return percentiles.findLast((name) => requests * (100 - Number(name.slice(1))) >= beyond * 100);
}

function successOf({ requests, failed }: VersionStats): number {
    return (100 * (requests - failed)) / requests;
}

function inWords(stats: VersionStats, percentile: Percentile): string {
    const { p50, [percentile]: high } = stats.latency;
    return `${successOf(stats).toFixed(1)} %, p50 ${p50.toFixed(1)} ms, ${percentile} ${high.toFixed(1)} ms`;
}
