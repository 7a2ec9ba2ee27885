import type { Count } from "./comparison";
import type { VersionCounts } from "./counts";
import { settingsPath } from "./settings";
import { UserError } from "../../components/userError";

/** Shares of slow requests whose edges say most: the middle, the slowest tenth, the slowest hundredth. */
const wanted = [0.5, 0.1, 0.01];

/** An edge whose slow share is outside of these says little: all requests are on one side of it. */
const [least, most] = [0.001, 0.95];

/**
 * The edges of a histogram, in milliseconds, at which a version's latency is compared: up to three, whose share of slower
 * requests is nearest to 50, 10 and 1 %. They are chosen by what stable did in windows that are not judged by them: chosen by what the
 * canary does, they would find a fault in any. Where all requests lie between two edges it is the upper one, which a slower version
 * passes, and beyond the last edge that.
 *
 * @returns none where nothing was timed.
 */
export function chooseEdges(stable: VersionCounts): number[] {
    const edges = edgesOf(stable).map((edge) => {
        const { requests, bad } = slowerThan(edge, stable);
        return { edge, share: bad / requests };
    });
    const usable = edges.filter(({ share }) => share >= least && share <= most);
    const outer = edges.find(({ share }) => share < least) ?? edges.at(-1);
    if (usable.length === 0) return outer ? [outer.edge] : [];
    const nearest = wanted.flatMap((share) => {
        const far = (one: { share: number }): number => Math.abs(Math.log(one.share / share));
        const [best] = [...usable].sort((a, b) => far(a) - far(b));
        return best ? [best.edge] : [];
    });
    return [...new Set(nearest)].sort((a, b) => a - b);
}

/**
 * The edge of an objective such as "slower than 250 ms".
 *
 * @param release whose config the error names.
 * @throws where the histogram has no such edge: between two of them, nobody counted.
 */
export function edgeAt(milliseconds: number, stable: VersionCounts, release: string): number {
    const edges = edgesOf(stable);
    if (edges.includes(milliseconds)) return milliseconds;
    const nearest = [...edges].sort((a, b) => Math.abs(a - milliseconds) - Math.abs(b - milliseconds));
    throw new UserError({
        what: `Requests slower than ${milliseconds} ms are not counted: the proxies' histogram has the edges ${edges.join(", ")} ms.`,
        fix: `pulumi config set --path ${settingsPath(release)}.latency.edge ${nearest[0] ?? milliseconds}`,
    });
}

/** Whether any of a version's requests were timed. */
export function isTimed({ timed }: VersionCounts): boolean {
    return (timed?.get(Infinity) ?? 0) > 0;
}

/** What several windows come to, of how long requests took. */
export function timedIn(windows: readonly VersionCounts[]): Map<number, number> {
    const sum = new Map<number, number>();
    for (const { timed } of windows)
        for (const [edge, count] of timed ?? []) sum.set(edge, (sum.get(edge) ?? 0) + count);
    return sum;
}

/** Requests that were timed, and those that took longer than an edge. */
export function slowerThan(edge: number, { timed }: VersionCounts): Count {
    const requests = timed?.get(Infinity) ?? 0;
    return { requests, bad: requests - (timed?.get(edge) ?? requests) };
}

/**
 * The milliseconds within which a share of requests was answered, between two edges in proportion, as `histogram_quantile` of Prometheus
 * has it; beyond the last edge that edge, since nobody knows how far.
 *
 * @param share from 0 to 1: 0.99 for the p99.
 * @returns undefined where nothing was timed.
 */
export function quantile(share: number, counts: VersionCounts): number | undefined {
    const { timed } = counts;
    const rank = share * (timed?.get(Infinity) ?? 0);
    let [lower, before] = [0, 0];
    for (const edge of edgesOf(counts)) {
        const within = timed?.get(edge) ?? 0;
        if (within > before && within >= rank) return lower + ((edge - lower) * (rank - before)) / (within - before);
        [lower, before] = [edge, Math.max(before, within)];
    }
    return edgesOf(counts).at(-1);
}

function edgesOf({ timed }: VersionCounts): number[] {
    if ((timed?.get(Infinity) ?? 0) === 0) return [];
    return [...(timed?.keys() ?? [])].filter(Number.isFinite).sort((a, b) => a - b);
}
