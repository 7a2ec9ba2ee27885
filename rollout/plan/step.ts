import type { Share } from "../../components/traffic/effect/share";
import { type VersionName, weightOf, type Weights } from "../../components/traffic/split/weights";
import type { Step } from "./model";

/** What is counted of a step, of the requests that nothing tells apart. */
export interface Counted {
    readonly applied?: Weights | undefined;
    readonly proposed?: Weights | undefined;
    readonly stable: VersionName;
    /** Points that one step may raise by, as applied; without it the number of steps is not known. */
    readonly maxRaise?: number | undefined;
    /** Pods of all versions together, where shares follow them: a step is made in whole pods. */
    readonly pods?: number;
}

/**
 * Where a change stands in its release: from all users on stable to all users on the version that rises.
 *
 * A raise is step `n` of `of`: `n - 1` steps of the largest size lead from nobody to what is applied, and from what may be
 * reached now `of - n` more lead to all. So it counts what is the least that remains, not what was done; a raise beyond the
 * limit, which is refused, counts as the largest that is allowed.
 */
export function stepOf({ applied, proposed, stable, maxRaise, pods }: Counted): Step {
    if (!applied) return { kind: "first", words: "first deployment" };
    if (!proposed) return { kind: "removal", words: "taken away" };
    const failing = mostRaised(applied, proposed, (name) => isNoVersion(name));
    if (failing) return { kind: "fails", words: `${weightOf(proposed, failing)} % are answered by ${failing}` };
    const raised = mostRaised(applied, proposed, (name) => name !== stable);
    if (!raised) {
        if (weightOf(proposed, stable) === weightOf(applied, stable)) return { kind: "routes", words: "weights stay" };
        const all = weightOf(proposed, stable) === 100;
        return { kind: "back", words: all ? `back to ${stable}` : `a step back to ${stable}` };
    }
    const [from, to] = [weightOf(applied, raised), weightOf(proposed, raised)];
    if (from === 0 && to === 100) return { kind: "switch", n: 1, of: 1, words: `all at once to ${raised}` };
    const most = largestStep(maxRaise, pods);
    if (!most) return { kind: "raise", words: to === 100 ? `last step to ${raised}` : `a step to ${raised}` };
    const n = stepsFor(from, most) + 1;
    const of = n + stepsFor(100 - Math.min(to, from + most), most);
    return { kind: "raise", n, of, words: `step ${n} of ${of} to ${raised}` };
}

/** A name for what answers in the place of a version: `no version (fault 503)`. */
export function nameOf({ outcome: { name, fails } }: Share): string {
    return fails ? `${noVersion} (${name})` : name;
}

/** Whether a name is none of a version. */
export function isNoVersion(name: string): boolean {
    return name.startsWith(`${noVersion} (`);
}

const noVersion = "no version";

/** How far one step can go: of pods no further than to the last whole one. */
function largestStep(maxRaise: number | undefined, pods: number | undefined): number | undefined {
    if (!maxRaise || !pods) return maxRaise;
    return (100 * Math.floor((maxRaise * pods) / 100 + 1e-9)) / pods;
}

/** Shares of pods are seldom whole: what a rounding leaves is no step. */
function stepsFor(points: number, most: number): number {
    return Math.ceil(points / most - 0.01);
}

/** The one that gains most; undefined when none gains. */
function mostRaised(from: Weights, to: Weights, counts: (name: string) => boolean): string | undefined {
    const gains = Object.keys(to)
        .filter(counts)
        .map((name) => ({ name, points: weightOf(to, name) - weightOf(from, name) }))
        .filter(({ points }) => points > 0)
        .sort((a, b) => b.points - a.points);
    return gains[0]?.name;
}
