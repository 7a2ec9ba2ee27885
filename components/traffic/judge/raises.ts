import type { Change } from "../effect/changes";
import { isSame, shareOf } from "../effect/effect";
import { describeKind } from "../effect/kinds";
import type { Outcome, Share } from "../effect/outcome";
import type { Marks } from "../world/marks";
import type { World } from "../world/world";
import { reading } from "../world/world";

/** An outcome that is not the stable version's and gets a larger share of a kind of users. */
export interface Raise {
    readonly change: Change;
    readonly outcome: Outcome;
    readonly from: number;
    readonly to: number;
    readonly points: number;
    /** Whether the same pods served before the step, with other code. */
    readonly isNewCode: boolean;
}

/** Shares that differ by less are equal: they come from divisions. */
const tolerance = 0.05;

/**
 * Every raise of a change: each outcome apart from the stable version's that gains. Nobody is raised where all are on the stable
 * version: that way is always open.
 *
 * @param stable the outcomes that are the stable version, as it was before the step.
 */
export function raisesOf(change: Change, stable: readonly Outcome[], before: World): Raise[] {
    if (change.isOptIn) return [];
    const others = distinct(change.after).filter(({ outcome }) => !stable.some((one) => isSame(one, outcome)));
    return others.flatMap(({ outcome }) => {
        const [from, to] = [shareOf(change.before, outcome), shareOf(change.after, outcome)];
        if (to - from <= tolerance) return [];
        return [{ change, outcome, from, to, points: to - from, isNewCode: isOtherCode(outcome, before) }];
    });
}

/**
 * Whether a raise is new code that needs no step: what the update itself declares to change in place, and a service with one
 * version, whose pods Kubernetes replaces one by one.
 */
export function isInPlace({ change, outcome, isNewCode }: Raise): boolean {
    if (!isNewCode) return false;
    const workloads = new Set([...change.before, ...change.after].map((share) => share.outcome.pods?.workload));
    return (
        inPlaceOf(change.marks.after) === outcome.name ||
        (workloads.size === 1 && change.marks.before.stable === undefined)
    );
}

function inPlaceOf({ inPlace }: Marks): string | undefined {
    return inPlace;
}

/** Which users a raise concerns, in words; empty for all. */
export function usersOf({ change }: Raise): string {
    const { entry, protocol } = change.place;
    const kind = describeKind(change.kind);
    return [kind, ...(protocol === "http" ? [] : [protocol]), ...(kind && entry !== "mesh" ? [`at ${entry}`] : [])]
        .filter(Boolean)
        .join(", ");
}

function distinct(shares: readonly Share[]): Share[] {
    return shares.filter(({ outcome }, index) => shares.findIndex((other) => isSame(other.outcome, outcome)) === index);
}

function isOtherCode({ pods }: Outcome, before: World): boolean {
    if (!pods) return false;
    const known = reading(before).workloadsNamed.get(pods.workload);
    return known !== undefined && !pods.template.startsWith(known.template);
}
