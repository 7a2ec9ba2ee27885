import { argumentsOf, type Moved, writeTogether } from "./members";
import { secondsOf, type ReleaseSettings } from "./settings";
import { type Ending, secondsSince } from "./watch";

/**
 * What people or the clock say while a step is looked at: in the config of any service of the release, for what is released as one
 * is paused, let go on and given back as one.
 *
 * @param all settings of each service, in the same order.
 * @param began when the step was first looked at, in milliseconds.
 */
export async function toldOtherwise(
    moved: readonly Moved[],
    all: readonly ReleaseSettings[],
    step: string,
    began: number,
): Promise<Ending | "goOn" | "nothing"> {
    const [first] = moved;
    if (!first) return "nothing";
    const { hands } = first;
    const at = `${first.service}${hands.where}`;
    const again = `npx upshift release ${argumentsOf(moved)}${hands.where}`;
    const heard = moved.flatMap((member, index) => {
        const settings = all[index];
        return settings ? [{ member, settings }] : [];
    });
    const changed = heard.find(({ member, settings }) => settings.to !== member.to);
    if (changed) return { outcome: "held", words: changedTo(changed.member, changed.settings.to, again) };
    const aborted = heard.find(({ member, settings }) => settings.aborted === member.to)?.member;
    if (aborted) return { outcome: "aborted", words: `Somebody has aborted ${aborted.service} ${aborted.to}.` };
    if (hands.isInterrupted)
        return {
            outcome: "held",
            words: `The users stay where they are. To give them back to stable: npx upshift abort ${at}\n  fix: ${again}`,
        };
    const promoted = heard.filter(({ settings }) => settings.promoted === step);
    if (promoted.length > 0) {
        await writeTogether(
            promoted.map(({ member }) => ({ member, values: { [`release.${member.service}.promoted`]: undefined } })),
        );
        return "goOn";
    }
    const isPaused = all.some(({ paused }) => paused);
    if (isPaused) hands.tell({ kind: "waits", step, why: `paused; to go on: npx upshift resume ${at}` });
    if (isPaused || all.some(({ timeout }) => secondsSince(began) < secondsOf(timeout))) return "nothing";
    const longest = [...all].sort((one, other) => secondsOf(other.timeout) - secondsOf(one.timeout))[0]?.timeout ?? "";
    return {
        outcome: "held",
        words: `${step} could not be judged within ${longest}. The users stay where they are. To say that it passes: npx upshift promote ${at}\n  fix: ${again}`,
    };
}

function changedTo({ service, to }: Moved, next: string, again: string): string {
    return `The config asks for ${service} ${next} by now, and no more for ${to}. The users stay where they are.\n  fix: ${again}`;
}
