import { Refused } from "../../../cluster/refused";
import { StackHands } from "../stackHands";
import type { About } from "./about";

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
