import type { Change as Effect } from "../../components/traffic/effect/changes";
import { shareOf } from "../../components/traffic/effect/effect";
import type { Share } from "../../components/traffic/effect/share";
import { canonical } from "../../components/traffic/world/objects";
import type { Value } from "../../components/traffic/world/values";
import { reading, type World } from "../../components/traffic/world/world";

/** Shares that differ by less are equal: they come from divisions. */
const tolerance = 0.05;

/**
 * Whether two lists of shares are the same: the same pods with the same code, to the same part, and with the same headers on their
 * way, by which an edge decides for those behind it.
 */
export function areSame(one: readonly Share[], other: readonly Share[]): boolean {
    return [...one, ...other].every((share) => Math.abs(partOf(one, share) - partOf(other, share)) <= tolerance);
}

/** Whether requests meet something else after a step. */
export function isChanged({ before, after }: Effect): boolean {
    return !areSame(before, after);
}

/**
 * The versions that run other code after a step for those whom they have served before.
 *
 * @param before the world before the step.
 */
export function newCodeOf(effect: Effect, before: World): string[] {
    return effect.after.flatMap(({ outcome: { name, pods }, percent }) => {
        const hasServed = effect.before.some(({ outcome }) => pods && outcome.pods?.workload === pods.workload);
        if (!pods || !hasServed || percent === 0) return [];
        const known = reading(before).workloadsNamed.get(pods.workload);
        return known && !pods.template.startsWith(known.template) ? [name] : [];
    });
}

/** Whether two effects are of the same requests, in the state and in the cluster. */
export function isOfSameRequests(one: Effect, other: Effect): boolean {
    return keyOf(one) === keyOf(other);
}

/** What tells requests of a place from all others of it. */
export function keyOf({ kind, via = "" }: Effect): string {
    return `${canonical(kind as unknown as Value)} ${via}`;
}

function partOf(shares: readonly Share[], { outcome }: Share): number {
    return shareOf(
        shares.filter((one) => isSameMap(one.outcome.given, outcome.given)),
        outcome,
    );
}

function isSameMap(one: Readonly<Record<string, string>>, other: Readonly<Record<string, string>>): boolean {
    const names = Object.keys(one);
    return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name]);
}
