import { goBackAsApplied } from "./back";
import { secondsSince } from "./durations";
import type { Ending, Hands } from "./hands";
import { type Limit, limitOf, refusalOf, shortest, waitsFor, wordOfWait } from "./kinds/waiting";
import type { Listener } from "./listener";
import { argumentsOf, type Moved } from "./members";
import type { Wait } from "./steps";
import { endedBy, type Heard, isAborted, isPausedBy, letGoOnBy, wordsTaken } from "./toldOtherwise";

/** A pause or an approval after a step. */
export interface Waiting {
    readonly step: Wait;
    /** The step before it, as the config calls it. */
    readonly passed: string;
    readonly moved: readonly Moved[];
}

/**
 * Waits at a pause or an approval.
 *
 * @returns how the release ended there; or whose word has ended the wait, for the history, and nothing where no word did.
 */
export async function waited(
    { step, passed, moved }: Waiting,
    hands: Hands,
    listener: Listener,
): Promise<Ending | { readonly word?: string | undefined }> {
    const { heard: first } = await listener.hear(moved, passed);
    const limit = shortest(first.map(({ settings }) => limitOf(step, settings)));
    const began = Date.now();
    const tells = (refusal = ""): void => {
        const how = `npx upshift promote ${moved[0]?.service}${hands.where}`;
        hands.tell({ kind: "waits", step: step.name, why: `${refusal}${waitsFor(step, limit, how)}` });
    };
    tells();
    for (;;) {
        const { heard, isCurrent } = await listener.hear(moved, passed);
        const refused = heard.some(isAborted) ? [] : refusedIn(heard, step, passed);
        if (refused.length > 0) {
            await hands.write(wordsTaken(refused.map(({ one }) => one)));
            tells(`${refused[0]?.refusal}; it waits `);
            continue;
        }
        const ended = endedBy(heard);
        if (ended) return ended;
        const told = await letGoOnBy(heard, passed);
        if (told) return { word: wordOfWait(step, told.by) };
        const isHeld = isPausedBy(heard, passed) || !isCurrent;
        if (limit && secondsSince(began) >= limit.seconds && !isHeld) return expired(step, limit, moved, hands);
        await hands.rest(lookSeconds);
    }
}

/** What is done where a wait is over without anybody's word. */
async function expired(
    { name }: Wait,
    { seconds, then }: Limit,
    moved: readonly Moved[],
    { where }: Hands,
): Promise<Ending | { readonly word?: undefined }> {
    if (then === "over" || then === "goOn") return {};
    const why = `Nobody let it go on from ${name} within ${seconds} s.`;
    if (then === "hold")
        return {
            outcome: "held",
            words: `${why} The users stay where they are.\n  fix: npx upshift release ${argumentsOf(moved)}${where}`,
        };
    return goBackAsApplied(moved, why);
}

/** Words that do not let a wait go on, each with why. */
function refusedIn(heard: readonly Heard[], step: Wait, passed: string): { one: Heard; refusal: string }[] {
    return heard.flatMap((one) => {
        const refusal = one.settings.promoted === passed ? refusalOf(step, one.settings.promotedBy) : undefined;
        return refusal === undefined ? [] : [{ one, refusal }];
    });
}

/** Seconds between two looks at the config while a release pauses. */
const lookSeconds = 2;
