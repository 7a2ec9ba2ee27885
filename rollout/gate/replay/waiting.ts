import { quoted } from "../../release/plan";
import { secondsOf } from "../../release/durations";
import { parseSteps, type ReleaseStep, wordOf } from "../../release/steps";
import { defaultSettings } from "../settings";
import { duration } from "../words";
import { isChain, type Rehearsed, type Stopped, stoppedIn, stoppersOf } from "./rehearsal";
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
export function timeFor(stopped: readonly Stopped[], replayed: Replay, of: Rehearsed, again: Again): Advice {
    const { service, steps, settings } = of;
    const at = [...new Set(stopped.map(({ step }) => step))].join(", ");
    const own = `At ${at}, ${many(stopped)} had too few requests to ${versionOf(stopped, of)} within ${settings.timeout}, the longest that a step is waited for (${needed(stopped)}).`;
    const helps = ({ releases, ended }: Replay): boolean =>
        ended.done > replayed.ended.done &&
        timesOf(stoppedIn(releases).filter(({ because }) => because.kind === "requests")) <= few * timesOf(stopped);
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
function needed(stopped: readonly Stopped[]): string {
    const seconds = stopped.map(neededSeconds).filter(Number.isFinite);
    return seconds.length === 0 ? "none came at all" : `at that rate it takes up to ${duration(Math.max(...seconds))}`;
}

/** How long the step at which a release ended would have had to be watched. */
function neededSeconds({ began, ended, passed, because }: Stopped): number {
    const more = because.kind === "requests" ? (because.seconds ?? Infinity) : 0;
    return ended - began - passed.reduce((sum, { seconds }) => sum + seconds, 0) + more;
}

/** Times to bake that somebody would write. */
const bakes = ["2m", "5m", "10m", "20m"];

/** For releases that the comparison stopped, of a version with itself: to learn for longer how its requests turn bad. */
export function learningFor(wrongly: readonly Stopped[], replayed: Replay, of: Rehearsed, again: Again): Advice {
    const { service, steps, settings } = of;
    const { alpha = defaultSettings.alpha } = settings.gate;
    const failed = wrongly.filter(({ ending }) => ending === "failed");
    if (failed.length === 0)
        return {
            says: `By chance ${many(wrongly)}${forWhom(wrongly, of)} stayed at a step, with too much to go on and too little to go back: nothing to change, release again then.`,
        };
    const own = `For nothing, ${many(failed)} would have been given back${forWhom(failed, of)}`;
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
export function many(stopped: readonly Stopped[]): string {
    const times = timesOf(stopped);
    return times === 1 ? "1 release" : `${times} releases`;
}

/** How many releases were stopped: several services can stop one. */
export function timesOf(stopped: readonly Stopped[]): number {
    return new Set(stopped.map(({ began }) => began)).size;
}

/** The version that was released, of a chain with the services that stopped it: `v1`, `review and product v1`. */
export function versionOf(stopped: readonly Stopped[], of: Rehearsed): string {
    return isChain(of) ? `${stoppersOf(stopped).join(" and ")} ${of.version}` : of.version;
}

function forWhom(stopped: readonly Stopped[], of: Rehearsed): string {
    return isChain(of) ? ` for ${stoppersOf(stopped).join(" and ")}` : "";
}
