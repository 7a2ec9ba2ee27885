import type { Ending, Values } from "./hands";
import { argumentsOf, type Moved } from "./members";
import { secondsOf, secondsSince } from "./durations";
import type { ReleaseSettings } from "./settings";

/** A service of a release, with what the config says of it now. */
export interface Heard {
    readonly member: Moved;
    readonly settings: ReleaseSettings;
}

/** That somebody has let a release go on, and who. */
export interface LetGoOn {
    readonly by: string | undefined;
}

/** What the config says now, of every service of a release. */
export function heardOf(moved: readonly Moved[]): Promise<Heard[]> {
    return Promise.all(moved.map(async (member) => ({ member, settings: await member.hands.settings() })));
}

/**
 * How a release ends by what people say: in the config of any of its services, for what is released as one is given back as one; or
 * by Ctrl-C.
 *
 * @returns undefined where it goes on.
 */
export function endedBy(heard: readonly Heard[]): Ending | undefined {
    const [first] = heard;
    const again = againOf(heard);
    const changed = heard.find(({ member, settings }) => settings.to !== member.to);
    if (changed) return { outcome: "held", words: changedTo(changed, again) };
    const aborted = heard.find(isAborted)?.member;
    if (aborted) return abortedWords(aborted);
    if (!first?.member.hands.isInterrupted) return undefined;
    return {
        outcome: "held",
        words: `The users stay where they are. To give them back to stable: npx upshift abort ${atOf(first)}\n  fix: ${again}`,
    };
}

/** That somebody else has taken a version back. */
export function abortedWords({ service, to }: Pick<Moved, "service" | "to">): Ending {
    return { outcome: "aborted", words: `Somebody has aborted ${service} ${to}.` };
}

/** Whether somebody has let the release go on from a step. The word counts once: it is taken out of the config. */
export async function letGoOnBy(heard: readonly Heard[], step: string): Promise<LetGoOn | undefined> {
    const promoted = heard.filter(({ settings }) => settings.promoted === step);
    const [first] = promoted;
    if (!first) return undefined;
    await first.member.hands.write(wordsTaken(promoted));
    return { by: promoted.find(({ settings }) => settings.promotedBy !== undefined)?.settings.promotedBy };
}

/** Whether somebody has paused the release, and says so. */
export function isPausedBy(heard: readonly Heard[], step: string): boolean {
    const [first] = heard;
    if (!first || heard.every(({ settings }) => !settings.paused)) return false;
    first.member.hands.tell({ kind: "waits", step, why: `paused; to go on: npx upshift resume ${atOf(first)}` });
    return true;
}

/**
 * How a release ends where a step could not be judged in time.
 *
 * @param began when the step was first looked at, in milliseconds; later by the time for which the release was paused.
 * @returns undefined where there is time left.
 */
export function tooLate(heard: readonly Heard[], step: string, began: number): Ending | undefined {
    const all = heard.map(({ settings }) => settings);
    const [first] = heard;
    if (!first || all.some(({ timeout }) => secondsSince(began) < secondsOf(timeout))) return undefined;
    const [longest] = all.map(({ timeout }) => timeout).sort((one, other) => secondsOf(other) - secondsOf(one));
    return {
        outcome: "held",
        words: `${step} could not be judged within ${longest}. The users stay where they are. To say that it passes: npx upshift promote ${atOf(first)}\n  fix: ${againOf(heard)}`,
    };
}

/** Whether somebody has taken the version back meanwhile. */
export function isAborted({ member, settings }: Heard): boolean {
    return settings.aborted === member.to;
}

/** Takes somebody's word away, once it was heard. */
export function wordsTaken(heard: readonly Heard[]): Values {
    return Object.assign({}, ...heard.map(({ member }) => noWord(member.service))) as Values;
}

/** No word of a service that lets it go on. */
export function noWord(service: string): Values {
    return { [`release.${service}.promoted`]: undefined, [`release.${service}.promotedBy`]: undefined };
}

function againOf(heard: readonly Heard[]): string {
    const members = heard.map(({ member }) => member);
    return `npx upshift release ${argumentsOf(members)}${members[0]?.hands.where ?? ""}`;
}

function atOf({ member: { service, hands } }: Heard): string {
    return `${service}${hands.where}`;
}

function changedTo({ member: { service, to }, settings }: Heard, again: string): string {
    return `The config asks for ${service} ${settings.to} by now, and no more for ${to}. The users stay where they are.\n  fix: ${again}`;
}
