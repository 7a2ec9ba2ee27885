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
 * What people or the clock say while a step is looked at: in the config of any service of the release, for what is released as one
 * is paused, let go on and given back as one.
 *
 * @param began when the step was first looked at, in milliseconds.
 * @returns undefined where nobody says anything else.
 */
export async function toldOtherwise(
    heard: readonly Heard[],
    step: string,
    began: number,
): Promise<Ending | LetGoOn | undefined> {
    const [first] = heard;
    if (!first) return undefined;
    const { hands, service } = first.member;
    const at = `${service}${hands.where}`;
    const again = `npx upshift release ${argumentsOf(heard.map(({ member }) => member))}${hands.where}`;
    const changed = heard.find(({ member, settings }) => settings.to !== member.to);
    if (changed) return { outcome: "held", words: changedTo(changed, again) };
    const aborted = heard.find(isAborted)?.member;
    if (aborted) return { outcome: "aborted", words: `Somebody has aborted ${aborted.service} ${aborted.to}.` };
    if (hands.isInterrupted)
        return {
            outcome: "held",
            words: `The users stay where they are. To give them back to stable: npx upshift abort ${at}\n  fix: ${again}`,
        };
    const promoted = heard.filter(({ settings }) => settings.promoted === step);
    if (promoted.length > 0) {
        await hands.write(wordsTaken(promoted));
        return { by: promoted.find(({ settings }) => settings.promotedBy !== undefined)?.settings.promotedBy };
    }
    const all = heard.map(({ settings }) => settings);
    const isPaused = all.some(({ paused }) => paused);
    if (isPaused) hands.tell({ kind: "waits", step, why: `paused; to go on: npx upshift resume ${at}` });
    if (isPaused || all.some(({ timeout }) => secondsSince(began) < secondsOf(timeout))) return undefined;
    const [longest] = all.map(({ timeout }) => timeout).sort((one, other) => secondsOf(other) - secondsOf(one));
    return {
        outcome: "held",
        words: `${step} could not be judged within ${longest}. The users stay where they are. To say that it passes: npx upshift promote ${at}\n  fix: ${again}`,
    };
}

/** Whether somebody has taken the version back meanwhile. */
export function isAborted({ member, settings }: Heard): boolean {
    return settings.aborted === member.to;
}

/** Takes somebody's word away, once it was heard. */
export function wordsTaken(heard: readonly Heard[]): Values {
    return Object.fromEntries(
        heard.flatMap(({ member: { service } }) => [
            [`release.${service}.promoted`, undefined],
            [`release.${service}.promotedBy`, undefined],
        ]),
    );
}

function changedTo({ member: { service, to }, settings }: Heard, again: string): string {
    return `The config asks for ${service} ${settings.to} by now, and no more for ${to}. The users stay where they are.\n  fix: ${again}`;
}
