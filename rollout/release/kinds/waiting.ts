import { sameName } from "../../../components/author";
import type { Values } from "../hands";
import { secondsOf } from "../durations";
import type { ReleaseSettings } from "../settings";
import { isWait, nameOf, parseSteps, positionOf, type Wait, type Whereabouts } from "../steps";

/** How a wait may end without anybody's word. */
export interface Limit {
    readonly seconds: number;
    /** Over, as it was meant to be; else nobody said a word in time. */
    readonly then: "over" | ReleaseSettings["onExpiry"];
}

/** The limit of a wait: its own, or what the config has for those without time; undefined where it waits for as long as it takes. */
export function limitOf(step: Wait, { pauseTimeout, onExpiry }: ReleaseSettings): Limit | undefined {
    if (step.kind === "pause" && step.seconds !== undefined) return { seconds: step.seconds, then: "over" };
    const own = step.kind === "pause" ? step.expiresSeconds : undefined;
    const seconds = own ?? (pauseTimeout === undefined ? undefined : secondsOf(pauseTimeout));
    return seconds === undefined ? undefined : { seconds, then: onExpiry };
}

/** Of several services the limit that is reached first, and of equal ones what is most careful; undefined where none has one. */
export function shortest(limits: readonly (Limit | undefined)[]): Limit | undefined {
    const careful: readonly Limit["then"][] = ["rollback", "hold", "goOn", "over"];
    const [first] = limits
        .filter((limit) => limit !== undefined)
        .sort((one, other) => one.seconds - other.seconds || careful.indexOf(one.then) - careful.indexOf(other.then));
    return first;
}

/** What is waited for, in words. @param how the command that lets it go on */
export function waitsFor(step: Wait, limit: Limit | undefined, how: string): string {
    if (limit?.then === "over") return `until ${limit.seconds} s are over, or ${how}`;
    const who = step.kind === "pause" ? "somebody lets it go on" : `${step.by ?? "somebody"} approves`;
    const ends = { hold: "it is held", goOn: "it goes on", rollback: "users are given back" };
    const expires = limit ? `; after ${limit.seconds} s ${ends[limit.then]}` : "";
    return `until ${who}: ${how}${expires}`;
}

/** Why somebody's word does not let a wait go on; undefined where it does. */
export function refusalOf(step: Wait, by: string | undefined): string | undefined {
    if (step.kind !== "approval" || step.by === undefined || sameName(step.by, by ?? "")) return undefined;
    return `${by ?? "somebody who has no name"} said so, and ${step.by} alone may`;
}

/** What the history has of a wait that somebody has ended. */
export function wordOfWait(step: Wait, by: string | undefined): string | undefined {
    if (step.kind === "approval") return `${step.name} approved by ${by ?? "somebody"}`;
    return by === undefined ? undefined : `${step.name} ended by ${by}`;
}

/** A service of a release, and where it is. */
export interface Whose {
    readonly service: string;
    readonly settings: Pick<ReleaseSettings, "steps" | "to">;
    readonly served: Whereabouts;
}

/**
 * The word that `promote` gives to a release. Of several services it is about the step of the one that is least far, and stands at the
 * first of them: a driver hears what is said to any.
 *
 * @param by who gives it; undefined where that can't be told.
 * @returns what stands in the config until the driver has heard it, and what is said of it.
 */
export function promotion(
    all: readonly Whose[],
    by: string | undefined,
): { readonly values: Values; readonly words: string } {
    const [first] = all;
    if (!first) throw new Error("A release has no service.");
    const { service, settings } = first;
    const { steps } = parseSteps(settings.steps, `release.${service}.steps`);
    const position = Math.min(...all.map((one) => positionOf(steps, one.settings.to, one.served)));
    const step = nameOf(steps, position);
    const next = steps[position + 1];
    const refusal = isWait(next) ? refusalOf(next, by) : undefined;
    const but = refusal === undefined ? "" : ` It does not count for ${next?.name ?? ""}: ${refusal}.`;
    return {
        values: { [`release.${service}.promoted`]: step, [`release.${service}.promotedBy`]: by },
        words: `What ${all.map((one) => one.service).join(" and ")} ${all.length > 1 ? "wait" : "waits"} for at ${step} counts as passed.${but}`,
    };
}
