import type { Hands } from "./hands";

/** How often something is asked, and seconds between. */
const mostTries = 12;
const restSeconds = 5;

/**
 * Asks again, for a minute, what could not be read: a release that ended for it would leave users at a share that nobody looks at.
 *
 * @param step at which the release is.
 * @param ask what reads, and changes nothing.
 * @throws what it threw last.
 */
export async function patiently<Result>(
    hands: Pick<Hands, "tell" | "rest" | "isInterrupted">,
    step: string,
    ask: () => Promise<Result>,
): Promise<Result> {
    for (let tries = 1; ; tries++) {
        try {
            return await ask();
        } catch (error) {
            if (tries === mostTries || hands.isInterrupted) throw error;
            hands.tell({ kind: "waits", step, why: `asked again in ${restSeconds} s: ${(error as Error).message}` });
            await hands.rest(restSeconds);
        }
    }
}
