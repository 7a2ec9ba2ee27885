import type { Change } from "../effect/changes";
import { routesAt } from "../effect/decide";
import { isServed } from "../effect/effect";
import { describeKind } from "../effect/kinds";
import type { Outcome } from "../effect/outcome";
import { reading, subsetOf, type World } from "../world/world";
import type { Finding } from "./findings";
import { round } from "./words";

/**
 * Versions that serve, to users or testers, and are taken away: their pods, or the subset by which routes lead to them. They must
 * first be drained in a step of their own. Where shares follow the pods, to take pods away is the step itself.
 */
export function removalsOf(changes: readonly Change[], before: World, after: World): Finding[] {
    return changes
        .filter(({ place, via }) => via === undefined && isServed(after, place) && routesAt(before, place).length > 0)
        .flatMap((change) =>
            change.before
                .filter(
                    ({ outcome, percent }) => percent > 0 && !outcome.fails && isGone(outcome, change, before, after),
                )
                .map(({ outcome, percent }): Finding => {
                    const kind = describeKind(change.kind);
                    const detail = change.isOptIn
                        ? `is reached by testers (${kind})`
                        : `has ${round(percent)} % of the requests`;
                    return {
                        code: "removal",
                        service: change.service,
                        version: outcome.name,
                        from: round(percent),
                        to: 0,
                        detail,
                    };
                }),
        );
}

function isGone({ pods, name }: Outcome, { place }: Change, before: World, after: World): boolean {
    if (pods && isWithoutPods(pods.workload, before, after)) return true;
    const subset = subsetOf(before, place.host, name);
    if (!subset) return false;
    const next = subsetOf(after, place.host, name);
    return !next || JSON.stringify(next.labels) !== JSON.stringify(subset.labels);
}

/** A workload that is no more, or is to have no pods. */
function isWithoutPods(id: string, before: World, after: World): boolean {
    const [was, is] = [before, after].map((world) =>
        reading(world)
            .workloads.get(id.split("/")[0] ?? "")
            ?.find((one) => one.id === id),
    );
    return was !== undefined && was.wanted !== 0 && (!is || is.wanted === 0);
}
