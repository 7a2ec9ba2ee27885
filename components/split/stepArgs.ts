import { defaultMaxRaise } from "../traffic/judge/limits";
import type { Marks } from "../traffic/world/marks";

/** How far one `up` may move a service's users. All of it is applied with the routes, and counts for the steps after that. */
export interface StepArgs {
    /**
     * The version that a rollback returns to: moves towards it are never limited. To change it is a step of its own, and only to a
     * version that has all users. Default: the first version.
     */
    stable?: string;
    /** How far one `up` may go. Default: 25 points. */
    limits?: TrafficLimits;
    /**
     * Declares a blue/green switch for the steps to come: this version may go to 100 at once, if what is applied already leads to
     * it by a header and it has as many ready pods as the stable one.
     */
    blueGreen?: string | undefined;
    /** Declares that this version gets new code while it serves; the only declaration that counts for the step that brings it. */
    inPlace?: string | undefined;
    /** What is judged together: raises of one group are added up. Default: all services that name none. */
    group?: string;
    /** Whether preview and `up` refuse a step beyond the limits. Default true. */
    guard?: boolean;
}

/** How far one step of a service may go. */
export interface TrafficLimits {
    /** Points of percent by which one `up` may raise a version. Default 25. */
    maxRaise?: number;
    /** Points by which one `up` may raise all services of a group, added up; from 100 on without limit. Default: maxRaise. */
    maxRaiseTogether?: number;
}

/** What of it is written on the object that decides. */
export function marksFor(
    service: string,
    { stable, limits = {}, blueGreen, inPlace, group }: StepArgs,
    versions: readonly string[],
): Marks {
    const { maxRaise = defaultMaxRaise, maxRaiseTogether } = limits;
    return { service, group, stable: stable ?? versions[0], maxRaise, maxRaiseTogether, blueGreen, inPlace };
}
