import { Refused } from "../../cluster/refused";
import { goBack } from "./back";
import type { ReleaseEvent } from "./hands";
import { show } from "./show";
import { StackHands } from "./stackHands";
import { nameOf, parseSteps, positionOf } from "./steps";

/** Which stack's service it is about. */
export interface About {
    readonly stack: string;
    readonly folder?: string | undefined;
    readonly json?: boolean;
    /** Milliseconds for which another update of the stack is waited for. */
    readonly waitForLock?: number;
    /** Hears, beside the screen, what is done. */
    readonly tell?: (event: ReleaseEvent) => void;
}

/**
 * Gives all users of a service back to its stable version, whether or not a driver runs.
 *
 * @returns what was done, in words; undefined where there was nothing to be done.
 * @throws when the update after it fails; users are on stable then, and the config says so.
 */
export async function abort(service: string, about: About): Promise<string | undefined> {
    const { stack, folder, json = false, waitForLock, tell } = about;
    const screen = show(process.stdout, json);
    const both = (event: ReleaseEvent): void => {
        screen(event);
        tell?.(event);
    };
    const hands = new StackHands(stack, service, both, folder, { lockWait: waitForLock });
    const served = await hands.served();
    const most = Object.entries(served.weights).filter(([version, weight]) => version !== served.stable && weight > 0);
    const [first] = most.sort(([, one], [, other]) => other - one);
    const to = first?.[0] ?? (await hands.settings().catch(() => undefined))?.to;
    if (to === undefined) {
        console.log(`All users of ${service} are on ${served.stable}, and no release is declared.`);
        return undefined;
    }
    await goBack(service, hands, served, to, "somebody asked for it");
    return `All users of ${service} are on ${served.stable}, and ${to} does not start again by itself.`;
}

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
    const { steps } = parseSteps(settings.steps, `release.${service}.steps`);
    const step = nameOf(steps, positionOf(steps, settings.to, served));
    await hands.write({ [`release.${service}.promoted`]: step });
    return `What ${service} waits for at ${step} counts as passed.`;
}

/**
 * Makes the version that has all users the stable one.
 *
 * @returns what was done, in words.
 * @throws when no version but the stable one has all users.
 */
export async function finish(service: string, { stack, folder, waitForLock }: About): Promise<string> {
    const hands = new StackHands(stack, service, () => undefined, folder, { lockWait: waitForLock });
    const { weights, stable } = await hands.served();
    const [whole] = Object.entries(weights).find(([, weight]) => weight === 100) ?? [];
    if (whole === undefined || whole === stable)
        throw new Refused(
            whole === stable
                ? {
                      what: `${stable} has all users of ${service} and is stable already.`,
                      fix: `npx upshift release ${service}${hands.where} --to VERSION`,
                  }
                : {
                      what: `No version of ${service} has all users.`,
                      fix: `npx upshift release ${service}${hands.where}`,
                  },
        );
    const old = await hands.write({
        [`stable.${service}`]: whole,
        [`blueGreen.${service}`]: undefined,
    });
    try {
        await hands.up(`${service}: ${whole} is the stable version`);
    } catch (error) {
        await hands.write(old);
        throw error;
    }
    await hands.write({ [`release.${service}`]: undefined });
    return `${whole} is the stable version of ${service}; ${stable} has no users and can be taken away.`;
}
