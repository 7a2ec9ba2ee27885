import { promotion } from "../kinds/waiting";
import { namesOf, servedNow } from "../members";
import { type About, membersFor } from "./about";

/**
 * A word to a release, which it hears at its next look. What is released as one hears it as one.
 *
 * @returns what was written, in words.
 * @throws when no release of the service is declared, or there is nothing to be passed.
 */
export async function say(word: "pause" | "resume" | "promote", service: string, about: About): Promise<string> {
    const members = await membersFor(service, about);
    const [{ hands }] = members;
    // What can't be meant of one is no reason not to pause the others.
    await hands.settings();
    if (word === "promote") {
        const all = await Promise.all(members.map(async (one) => ({ ...one, settings: await one.hands.settings() })));
        const { values, words } = promotion(await servedNow(all), await hands.author());
        await hands.write(values);
        return words;
    }
    const names = namesOf(members);
    const isPause = word === "pause";
    // Any of them may be paused, and it is heard of all; whichever of them was, all go on.
    const heard = isPause ? members.slice(0, 1) : members;
    await hands.write(Object.fromEntries(heard.map((one) => [`release.${one.service}.paused`, isPause || undefined])));
    if (members.length > 1) return isPause ? `${names} stay where they are.` : `${names} go on.`;
    return isPause ? `${names} stays where it is.` : `${names} goes on.`;
}
