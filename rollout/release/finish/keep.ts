import type { Ending } from "../hands";
import { type Moved, servedNow } from "../members";
import { patiently } from "../patiently";
import { secondsOf, secondsSince } from "../durations";
import type { DeclaredRelease } from "../settings";
import type { FinishHands } from "./finishHands";

/** Seconds between two looks at the config while the old version is kept. */
const lookSeconds = 5;

/** A service whose new version has all users, and what moves it. */
type Kept = Moved & { readonly hands: FinishHands };

/**
 * Waits until the versions that users have left were kept for as long as the config says since the last user left: until then they are
 * the stable ones, so that a rollback gives everybody back at once.
 *
 * How long that is ago stands in the stack's history: who ends it and starts it again waits for the rest alone.
 *
 * @param again the command that goes on.
 * @returns how it ended where it was interrupted, or somebody has gone back.
 */
export async function kept(moved: readonly Kept[], again: string): Promise<Ending | undefined> {
    const [first] = moved;
    if (!first) return undefined;
    const { hands, service } = first;
    const seconds = keepOf(await Promise.all(moved.map((one) => one.hands.declared())));
    if (seconds === 0) return undefined;
    const since = await left(moved);
    const until = new Date(since + seconds * 1000).toISOString().replace("T", " ").slice(0, 19);
    const old = [...new Set(moved.map(({ served }) => served.stable))].join(" and ");
    if (secondsSince(since) >= seconds) return undefined;
    hands.tell({
        kind: "waits",
        step: "keep",
        why: `${old} is kept until ${until} UTC; until then this gives everybody back at once: npx upshift rollback ${service}${hands.where}`,
    });
    while (secondsSince(since) < seconds) {
        const heard = await patiently(hands, "keep", () =>
            Promise.all(moved.map(async (one) => ({ ...one, said: await one.hands.declared() }))),
        );
        const back = heard.find(({ said, to }) => said.aborted === to);
        if (back) return { outcome: "aborted", words: `Somebody has aborted ${back.service} ${back.to}.` };
        if (hands.isInterrupted)
            return {
                outcome: "held",
                words: `The users stay where they are, and ${old} stays the stable version.\n  fix: ${again}`,
            };
        await hands.rest(Math.min(lookSeconds, seconds - secondsSince(since)));
    }
    // Users may have been moved by anybody's update meanwhile: a version that nobody has is never to be the stable one.
    const now = await patiently(hands, "keep", () => servedNow(moved));
    const back = now.find(({ to, served }) => served.weights[to] !== 100);
    if (!back) return undefined;
    return {
        outcome: "aborted",
        words: `Somebody has moved the users of ${back.service} from ${back.to} meanwhile, and ${old} stays the stable version.`,
    };
}

/** The longest that one of them asks for, in seconds. */
function keepOf(declared: readonly DeclaredRelease[]): number {
    return Math.max(...declared.map(({ keep }) => (keep === undefined ? 0 : secondsOf(keep))));
}

/** When the last of them lost its last user, in milliseconds; now where the history does not say. */
async function left(moved: readonly Kept[]): Promise<number> {
    const all = await Promise.all(moved.map(({ hands }) => hands.movedAt()));
    return Math.max(...all.map((at) => at ?? Date.now()));
}
