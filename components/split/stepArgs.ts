import type { GuardedSplit } from "./guardedSplit";
import { defaultMaxRaise } from "../traffic/judge/serviceTraffic";
import type { VersionName } from "../traffic/split/weights";

/** How far one `up` may move a service's users. */
export interface StepArgs {
    /** The version that a rollback returns to: moves towards it are never limited. Default: the first version. */
    stable?: string;
    /** How far one `up` may go. Default: 25 points. */
    limits?: TrafficLimits;
    /**
     * Declares a blue/green switch: this version may go to 100 at once, if what is applied already leads to it by a header and it
     * has as many ready pods as the stable one.
     */
    blueGreen?: string;
    /** Whether preview and `up` refuse a step beyond the limits. Default true. */
    guard?: boolean;
}

/** How far one step of a service may go. */
export interface TrafficLimits {
    /** Points of percent by which one `up` may raise a version. Default 25. */
    maxRaise?: number;
    /** Points by which one `up` may raise all services with the same parent, added up; from 100 on without limit. Default: maxRaise. */
    maxRaiseTogether?: number;
}

/** The same as a guard judges by. */
export function stepLimits(
    { stable, limits, blueGreen }: StepArgs,
    versions: readonly VersionName[],
): Pick<GuardedSplit, "stable" | "blueGreen" | "maxRaise" | "maxRaiseTogether"> {
    return {
        stable: stable ?? versions[0] ?? "",
        blueGreen,
        maxRaise: limits?.maxRaise ?? defaultMaxRaise,
        maxRaiseTogether: limits?.maxRaiseTogether,
    };
}
