import type { Change } from "../effect/changes";
import type { Marks } from "../world/marks";

/** Points by which one step may raise a version where nothing else is said. */
export const defaultMaxRaise = 25;

/** How far one step may go, where what is applied does not say it. */
export interface StepLimits {
    /** Points of percent by which a step may raise a version. Default 25. */
    readonly maxRaise?: number | undefined;
    /**
     * Points by which a step may raise the services of a group, all added up: a request passes several of them, so that small
     * raises of each are one large one to it. From 100 on there is no such limit. Default: `maxRaise`.
     */
    readonly maxRaiseTogether?: number | undefined;
    /** The version that a rollback returns to, by service. Default: the one that has most users. */
    readonly stable?: Readonly<Record<string, string>>;
    /** Services, groups and Deployments that are taken away on purpose. */
    readonly removed?: readonly string[];
    /** Whether these limits hold whatever is applied: those of a policy pack, which no config of a stack changes. */
    readonly isFixed?: boolean;
}

/** What a service's step is measured by. */
export interface Yardstick {
    readonly maxRaise: number;
    readonly maxRaiseTogether: number;
}

/**
 * The limits of a service: as they were applied, so that a step can't bring along what it is measured by. Where nothing is applied,
 * those that are given.
 */
export function yardstickOf(applied: Marks, given: StepLimits): Yardstick {
    const [first, second] = given.isFixed ? [given, applied] : [applied, given];
    const maxRaise = first.maxRaise ?? second.maxRaise ?? defaultMaxRaise;
    const together =
        first.maxRaiseTogether ?? (first.maxRaise === undefined ? second.maxRaiseTogether : undefined) ?? maxRaise;
    return { maxRaise: Math.min(maxRaise, together), maxRaiseTogether: together };
}

/** The names of config key `remove`, as Pulumi hands it over: a list as JSON, or text with commas. None of what is neither. */
export function removedIn(value: unknown): string[] {
    if (Array.isArray(value)) return value.filter((one) => typeof one === "string");
    if (typeof value !== "string" || value.trim() === "") return [];
    try {
        return removedIn(JSON.parse(value) as unknown);
    } catch {
        return value.split(",").map((name) => name.trim());
    }
}

/**
 * Whether what a change concerns is taken away on purpose, by its own name or that of its group, and goes: nothing is left to answer.
 * A name that was left behind in a config excuses nothing else.
 */
export function isRemoved(change: Pick<Change, "service" | "marks" | "after">, { removed = [] }: StepLimits): boolean {
    return isNamed(change, removed) && change.after.every(({ outcome }) => outcome.fails === "absent");
}

/** Whether a list of what is taken away has a change's service, or its group. */
export function isNamed({ service, marks }: Pick<Change, "service" | "marks">, removed: readonly string[]): boolean {
    const { group } = marks.before;
    return removed.includes(service) || (group !== undefined && removed.includes(group));
}
