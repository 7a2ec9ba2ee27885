import { promotion } from "../kinds/waiting";
import { StackHands } from "../stackHands";
import type { About } from "./about";

/**
 * A word to a release, which it hears at its next look.
 *
 * @returns what was written, in words.
 * @throws when no release of the service is declared, or there is nothing to be passed.
 */
export async function say(
    word: "pause" | "resume" | "promote",
    service: string,
    { stack, folder }: About,
): Promise<string> {
    const hands = new StackHands(stack, service, () => undefined, folder);
    const settings = await hands.settings();
    if (word !== "promote") {
        await hands.write({ [`release.${service}.paused`]: word === "pause" ? true : undefined });
        return word === "pause" ? `${service} stays where it is.` : `${service} goes on.`;
    }
    const served = await hands.served();
    const { values, words } = promotion(service, settings, served, await hands.author());
    await hands.write(values);
    return words;
}
