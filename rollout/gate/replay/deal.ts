import { randomBinomial } from "d3-random";
import { uniformFloat64 } from "pure-rand/distribution/uniformFloat64";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { VersionCounts } from "../counts";
import type { Bursts } from "./bursts";

/** One version's requests, parted in two. */
export interface Dealt {
    readonly canary: VersionCounts;
    readonly stable: VersionCounts;
}

/**
 * Deals the requests that one version got to two arms, as the mesh would have done: each by itself, the canary's with a chance
 * of its share. Requests that turned bad together stay together: a pod that dies takes all of them from one version.
 *
 * The same seed deals the same way.
 */
export class Dealer {
    private readonly binomial;

    constructor(seed: number) {
        const generator = xoroshiro128plus(seed);
        this.binomial = randomBinomial.source(() => uniformFloat64(generator));
    }

    /** @param share the canary's, from 0 to 1. */
    deal({ requests, failed, timed }: VersionCounts, share: number, bursts: Bursts): Dealt {
        const [bad = 0] = this.toCanary([failed], share, bursts.failed);
        const [good = 0] = this.toCanary([requests - failed], share, 1);
        const canary = { requests: good + bad, failed: bad };
        const stable = { requests: requests - canary.requests, failed: failed - bad };
        if (!timed) return { canary, stable };
        const edges = [...timed.keys()].sort((a, b) => a - b);
        const within = edges.map((edge) => timed.get(edge) ?? 0);
        // The slowest first: a burst is of requests that took about as long.
        const bins = within.map((count, at) => Math.max(0, count - (within[at - 1] ?? 0))).reverse();
        const own = this.toCanary(bins, share, bursts.slow).reverse();
        const others = bins.reverse().map((count, at) => count - (own[at] ?? 0));
        return {
            canary: { ...canary, timed: cumulative(edges, own) },
            stable: { ...stable, timed: cumulative(edges, others) },
        };
    }

    /** How many of each bin go to the canary, where so many that follow each other go together, from whichever bins. */
    private toCanary(bins: readonly number[], share: number, together: number): number[] {
        const size = Math.max(1, Math.round(together));
        let [begun, isCanarys] = [0, false];
        return bins.map((count) => {
            const first = Math.min(begun, count);
            const whole = Math.floor((count - first) / size);
            const rest = count - first - whole * size;
            let canarys = (isCanarys ? first : 0) + size * this.binomial(whole, share)();
            begun -= first;
            if (rest > 0) {
                [begun, isCanarys] = [size - rest, this.binomial(1, share)() === 1];
                canarys += isCanarys ? rest : 0;
            }
            return canarys;
        });
    }
}

function cumulative(edges: readonly number[], bins: readonly number[]): Map<number, number> {
    let sum = 0;
    return new Map(edges.map((edge, at) => [edge, (sum += bins[at] ?? 0)]));
}
