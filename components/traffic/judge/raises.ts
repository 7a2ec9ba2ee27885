import type { Change } from "../effect/changes";
import { isFailure, isSame, isStill, shareOf } from "../effect/effect";
import { describeKind } from "../effect/kinds";
import type { Outcome, Share } from "../effect/share";
import { reading, type World, workloadsBehind } from "../world/world";
import { isGone } from "./removal";
import type { Worlds } from "./step";

/** An outcome that is not the stable version's and gets a larger share of a kind of users. */
export interface Raise {
    readonly change: Change;
    readonly outcome: Outcome;
    /** All that gains with it as one version: pods of several workloads, or what routes tell apart by headers alone. */
    readonly alike: readonly Outcome[];
    /** The share of all these before the step, and after it. */
    readonly from: number;
    readonly to: number;
    readonly points: number;
    /** Whether the same pods served before the step, with other code that nobody has declared. */
    readonly isNewCode: boolean;
}

/** What one outcome gains. */
type Gain = Pick<Raise, "outcome" | "from" | "to" | "isNewCode">;

/** Shares that differ by less are equal: they come from divisions. */
const tolerance = 0.05;

/**
 * Every raise of a change: each outcome apart from the stable version's that gains. Nobody is raised where all are on the stable
 * version: that way is always open.
 *
 * @param stable the outcomes that are the stable version, as it was before the step.
 */
export function raisesOf(change: Change, stable: readonly Outcome[], worlds: Worlds): Raise[] {
    if (change.isOptIn) return [];
    const others = distinct(change.after).filter(({ outcome }) => !stable.some((one) => isStill(one, outcome)));
    const gains = others
        .map(({ outcome }) => gainOf(change, asMeant(outcome, worlds.before), worlds))
        .filter(({ from, to }) => to - from > tolerance);
    return gains.map(({ outcome, isNewCode }) => {
        const alike = gains.filter((one) => isOneVersion(one.outcome, outcome, stable));
        const [from, to] = [sumOf(alike, ({ from }) => from), sumOf(alike, ({ to }) => to)];
        return { change, outcome, alike: alike.map((one) => one.outcome), from, to, points: to - from, isNewCode };
    });
}

/** Where there were no pods before either, nobody is missed: it counts as the version that is meant, whose pods come yet, or can't be seen. */
function asMeant(outcome: Outcome, before: World): Outcome {
    const { lacks, ...meant } = outcome;
    if (!lacks) return outcome;
    return workloadsBehind(before, lacks.host, lacks.labels).some(({ pods }) => pods > 0) ? outcome : meant;
}

/**
 * What an outcome gains. New code that changes in place takes over what its own pods had, whatever ran in them, and no more: a share
 * beyond that is a raise like any other. Where pods were that are taken away, their removal is a finding of its own.
 */
function gainOf(change: Change, outcome: Outcome, { before, after }: Worlds): Gain {
    const isIts = (was: Outcome): boolean =>
        isStill(was, outcome) || (isSame(was, outcome) && isGone(was, change, before, after));
    const was = change.before.filter(({ outcome }) => isIts(outcome));
    const [from, to] = [sumOf(was, ({ percent }) => percent), shareOf(change.after, outcome)];
    const isNewCode = isOtherCode(outcome, before);
    if (!isNewCode || !isInPlace(change, outcome)) return { outcome, from, to, isNewCode };
    const [had, has] = [change.before, change.after].map((shares) => shareOfPods(shares, outcome)) as [number, number];
    return { outcome, from: Math.max(from, (had * to) / has), to, isNewCode: false };
}

/**
 * Whether new code needs no step: what the update itself declares to change in place, and a service with one version, whose pods
 * Kubernetes replaces one by one.
 */
function isInPlace({ before, after, marks }: Change, { name }: Outcome): boolean {
    const workloads = new Set([...before, ...after].map(({ outcome }) => outcome.pods?.workload));
    return marks.after.inPlace === name || (workloads.size === 1 && marks.before.stable === undefined);
}

/**
 * Whether two outcomes that gain are one version: by name, by their pods, or because neither answers. Where the stable version has these
 * pods too, requests are told apart by what an edge gives them, and not by who answers.
 */
function isOneVersion(one: Outcome, other: Outcome, stable: readonly Outcome[]): boolean {
    if (isFailure(one) || isFailure(other)) return isFailure(one) && isFailure(other);
    if (one.name === other.name) return true;
    const workload = one.pods?.workload;
    return (
        workload !== undefined &&
        workload === other.pods?.workload &&
        !stable.some(({ pods }) => pods?.workload === workload)
    );
}

/** The share of an outcome's pods, whatever runs in them. */
function shareOfPods(shares: readonly Share[], { pods }: Outcome): number {
    return sumOf(
        shares.filter(({ outcome }) => outcome.pods?.workload === pods?.workload),
        ({ percent }) => percent,
    );
}

function sumOf<One>(all: readonly One[], part: (one: One) => number): number {
    return all.reduce((sum, one) => sum + part(one), 0);
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
