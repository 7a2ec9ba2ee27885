import type { Change } from "../effect/changes";
import { isServed } from "../effect/effect";
import { describeKind } from "../effect/kinds";
import type { Outcome } from "../effect/share";
import { routesAt } from "../effect/decide";
import { reading, subsetOf, type World, workloadsBehind } from "../world/world";
import type { Finding } from "./findings";
import { isNamed } from "./limits";
import { round } from "./words";

/**
 * Versions that serve, to users or testers, and are taken away: their pods, or the subset by which routes lead to them. They must
 * first be drained in a step of their own. Where shares follow the pods, to take some away is the step itself, and to take all of
 * them away is to take the service away.
 *
 * @param removed Deployments that are taken away on purpose, and services whose routes are.
 */
export function removalsOf(
    changes: readonly Change[],
    before: World,
    after: World,
    removed: readonly string[] = [],
): Finding[] {
    const left = changes.filter(
        (change) =>
            change.via === undefined && isServed(after, change.place) && !isLetGo(change, before, after, removed),
    );
    return left.flatMap((change) =>
        change.before
            .filter(({ outcome, percent }) => percent > 0 && !outcome.fails && isGone(outcome, change, before, after))
            .filter(({ outcome }) => !removed.includes(outcome.pods?.workload.split("/")[1] ?? ""))
            .map(({ outcome, percent }): Finding => {
                const kind = describeKind(change.kind);
                const detail = change.isOptIn
                    ? `is reached by testers (${kind})`
                    : `has ${round(percent)} % of the requests`;
                const { service, namespace } = change;
                return {
                    code: "removal",
                    service,
                    namespace,
                    version: outcome.name,
                    from: round(percent),
                    to: 0,
                    detail,
                };
            }),
    );
}

/**
 * Whether a service's routes are taken away on purpose, and with them what they led by: callers are left to the Service, by which they are
 * moved like in any step.
 */
export function isLetGo(change: Change, before: World, after: World, removed: readonly string[]): boolean {
    const { place } = change;
    return isNamed(change, removed) && routesAt(before, place).length > 0 && routesAt(after, place).length === 0;
}

/** Whether the pods of an outcome are taken away, or the subset by which routes lead to them. */
export function isGone({ pods, name }: Outcome, { place }: Change, before: World, after: World): boolean {
    if (routesAt(before, place).length === 0) return podsAt(before, place.host) > 0 && podsAt(after, place.host) === 0;
    if (pods && isWithoutPods(pods.workload, before, after)) return true;
    const subset = subsetOf(before, place.host, name, place.from);
    if (!subset) return false;
    const next = subsetOf(after, place.host, name, place.from);
    return !next || JSON.stringify(next.labels) !== JSON.stringify(subset.labels);
}

function podsAt(world: World, host: string): number {
    return workloadsBehind(world, host).reduce((sum, { pods }) => sum + pods, 0);
}

/** A workload that is no more, or is to have no pods. */
function isWithoutPods(id: string, before: World, after: World): boolean {
    const [was, is] = [before, after].map((world) => reading(world).workloadsNamed.get(id));
    return was !== undefined && was.wanted !== 0 && (!is || is.wanted === 0);
}
