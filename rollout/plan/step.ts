import { VersionName, weightOf, Weights } from "../../components/traffic/split/weights";
import type { Routes, Step } from "./model";

/**
 * Where a change stands in its release: from all users on stable to all users on the version that rises.
 *
 * A raise is step `n` of `of`: `n - 1` steps of the largest size lead from nobody to what is applied, and from what may be
 * reached now `of - n` more lead to all. So it counts what is the least that remains, not what was done; a raise beyond the
 * limit, which is refused, counts as the largest that is allowed.
 *
 * @param maxRaise points that one step may raise by; without it the number of steps is not known.
 */
export function stepOf(
    applied: Routes | undefined,
    proposed: Routes | undefined,
    stable: VersionName,
    maxRaise?: number,
): Step {
    if (!applied) return { kind: "first", words: "first deployment" };
    if (!proposed) return { kind: "removal", words: "taken away" };
    const raised = mostRaised(applied.weights, proposed.weights, stable);
    if (!raised) {
        if (weightOf(proposed.weights, stable) === weightOf(applied.weights, stable))
            return { kind: "routes", words: "weights stay" };
        const all = weightOf(proposed.weights, stable) === 100;
        return { kind: "back", words: all ? `back to ${stable}` : `a step back to ${stable}` };
    }
    const [from, to] = [weightOf(applied.weights, raised), weightOf(proposed.weights, raised)];
    if (from === 0 && to === 100) return { kind: "switch", n: 1, of: 1, words: `all at once to ${raised}` };
    if (!maxRaise) return { kind: "raise", words: to === 100 ? `last step to ${raised}` : `a step to ${raised}` };
    const n = Math.ceil(from / maxRaise) + 1;
    const of = n + Math.ceil((100 - Math.min(to, from + maxRaise)) / maxRaise);
    return { kind: "raise", n, of, words: `step ${n} of ${of} to ${raised}` };
}

/** The version that gains most, stable apart; undefined when none gains. */
function mostRaised(from: Weights, to: Weights, stable: VersionName): VersionName | undefined {
    const gains = Object.keys(to)
        .filter((version) => version !== stable)
        .map((version) => ({ version, points: weightOf(to, version) - weightOf(from, version) }))
        .filter(({ points }) => points > 0)
        .sort((a, b) => b.points - a.points);
    return gains[0]?.version;
}
