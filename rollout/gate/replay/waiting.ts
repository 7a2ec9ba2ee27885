import { quoted } from "../../release/plan";
import { secondsOf } from "../../release/durations";
import { parseSteps, type ReleaseStep, wordOf } from "../../release/steps";
import { defaultSettings } from "../settings";
import { duration } from "../words";
import type { Rehearsal, Rehearsed } from "./rehearsal";
import { isMoreThan, judgedOf, type Replay } from "./replay";

/** What would let more releases get there, as far as the past shows it. */
export interface Advice {
    readonly says: string;
    readonly fix?: string;
}

/** The same past with other settings, or other steps. */
export type Again = (settings: Rehearsed["settings"], steps?: Rehearsed["steps"]) => Replay;

/** The part of all releases below which those that were stopped are no reason to set the gate in another way. */
export const few = 0.1;

/** Timeouts that somebody would write. */
const timeouts = ["1h", "2h", "3h", "4h"];

/** For releases that had too few requests: a longer timeout, or a larger first share. */
export function timeFor(
    stopped: readonly Rehearsal[],
    replayed: Replay,
    { service, version, steps, settings }: Rehearsed,
    again: Again,
): Advice {
    const at = [...new Set(stopped.map(({ step }) => step))].join(", ");
    const own = `At ${at}, ${many(stopped)} had too few requests to ${version} within ${settings.timeout}, the longest that a step is waited for (${needed(stopped)}).`;
    const helps = ({ releases, ended }: Replay): boolean =>
        ended.done > replayed.ended.done &&
        releases.filter(({ because }) => because?.kind === "requests").length <= few * stopped.length;
    for (const longer of timeouts.filter((one) => secondsOf(one) > secondsOf(settings.timeout))) {
        const other = again({ ...settings, timeout: longer });
        if (helps(other))
            return {
                says: `${own} With a timeout of ${longer}, ${got(other)}.`,
                fix: `pulumi config set --path release.${service}.timeout ${longer}`,
            };
    }
    // Never by all users at once.
    for (const first of steps.filter((step) => step.kind === "weight").slice(1, -1)) {
        const isBefore = (step: ReleaseStep): boolean => step.kind === "weight" && step.percent < first.percent;
        const fewer = steps.filter((step) => !isBefore(step));
        const other = again(settings, fewer);
        if (helps(other))
            return {
                says: `${own} Beginning with ${first.name} %, ${got(other)}.`,
                fix: `pulumi config set --path release.${service}.steps ${written(settings, (step) => !isBefore(step))}`,
            };
    }
    return { says: `${own} Begin with a larger share, or ask for a higher ceiling: 3.5/ceiling requests prove it.` };
}

/** How long those steps would have had to be watched. */
function needed(stopped: readonly Rehearsal[]): string {
    const seconds = stopped.map(neededSeconds).filter(Number.isFinite);
    return seconds.length === 0 ? "none came at all" : `at that rate it takes up to ${duration(Math.max(...seconds))}`;
}

/** How long the step at which a release ended would have had to be watched. */
function neededSeconds({ began, ended, passed, because }: Rehearsal): number {
    const more = because?.kind === "requests" ? (because.seconds ?? Infinity) : 0;
    return ended - began - passed.reduce((sum, { seconds }) => sum + seconds, 0) + more;
}

/** Times to bake that somebody would write. */
const bakes = ["2m", "5m", "10m", "20m"];

/** For releases that the comparison stopped, of a version with itself: to learn for longer how its requests turn bad. */
export function learningFor(
    wrongly: readonly Rehearsal[],
    replayed: Replay,
    { service, steps, settings }: Rehearsed,
    again: Again,
): Advice {
    const { alpha = defaultSettings.alpha } = settings.gate;
    const failed = wrongly.filter(({ ending }) => ending === "failed");
    if (failed.length === 0)
        return {
            says: `By chance ${many(wrongly)} stayed at a step, with too much to go on and too little to go back: nothing to change, release again then.`,
        };
    const own = `For nothing, ${many(failed)} would have been given back`;
    if (!isMoreThan(alpha, replayed))
        return { says: `${own}, which is what alpha (${alpha}) allows for: nothing to change.` };
    const why = `${own}, more than alpha (${alpha}) promises: requests turn bad together here, and the gate has seen too little of stable before the first share to know that.`;
    const at = `pulumi config set --path release.${service}`;
    const hasTest = steps.some(({ kind }) => kind !== "weight");
    const learning = hasTest ? steps : [{ kind: "header" as const, name: "header" }, ...steps];
    for (const bake of [settings.bake, ...bakes.filter((one) => secondsOf(one) > secondsOf(settings.bake))]) {
        const other = again({ ...settings, bake }, learning);
        if (isMoreThan(alpha, other)) continue;
        const longer = bake === settings.bake ? [] : [`${at}.bake ${bake}`];
        const test = hasTest ? [] : [`${at}.steps ${withHeader(settings)}`];
        return {
            says: `${why} With ${hasTest ? "" : "a header test of "}${bake} a step, ${got(other)}.`,
            fix: [...test, ...longer].join(" && "),
        };
    }
    return { says: `${why} No time to bake up to ${bakes.at(-1)} is enough.` };
}

/** The steps with a header test before them, as a shell takes them. */
export function withHeader({ steps }: Rehearsed["settings"]): string {
    return quoted(`header,${steps}`);
}

/** Some of the steps as a shell takes them, with all pauses and approvals between them. */
function written({ steps: text }: Rehearsed["settings"], isKept: (step: ReleaseStep) => boolean): string {
    return quoted(parseSteps(text, "").steps.filter(isKept).map(wordOf).join(","));
}

/** How many would get there. */
export function got(other: Replay): string {
    const { ended } = other;
    const stopped = [
        ...(ended.failed > 0 ? [`${ended.failed} failed`] : []),
        ...(ended.held > 0 ? [`${ended.held} held`] : []),
        ...(ended.unjudged > 0 ? [`${ended.unjudged} not judged`] : []),
    ];
    const others = stopped.length > 0 ? ` (${stopped.join(", ")})` : "";
    return `${ended.done} of ${judgedOf(other)} would have got there${others}`;
}

/** `3 releases`. */
export function many(releases: readonly Rehearsal[]): string {
    return releases.length === 1 ? "1 release" : `${releases.length} releases`;
}
