import { setTimeout as delay } from "node:timers/promises";
import { ApiError, causeText, CancelledError, isNotFound, isUncertain, UnknownKindError } from "./errors";

/** Pauses between tries, in milliseconds, for what is made at the same time (a namespace, a kind), for a webhook that starts, and for a lost answer. */
const missingPauses = Array<number>(30).fill(250);
const webhookPauses = Array<number>(30).fill(1000);
const lostPauses = [1000];

/**
 * Tries again what fails because something else is not there yet: programs and charts name things in any order. What may have got lost on
 * the way is tried once more; the attempt has to be one that may be made twice.
 *
 * @param retrying takes a line to show at each new try.
 * @throws the last error when no try is left, CancelledError when the signal fires.
 */
export async function retried<T>(
    attempt: () => Promise<T>,
    retrying: (message: string) => void,
    cancelled: AbortSignal,
): Promise<T> {
    for (let tried = 0; ; tried++) {
        try {
            return await attempt();
        } catch (error) {
            const pause = pausesFor(error)[tried];
            if (pause === undefined) throw error;
            retrying(`Retry #${tried}; creation failed: ${causeText(error)}`);
            await delay(pause, undefined, { signal: cancelled }).catch(() => {
                throw new CancelledError();
            });
        }
    }
}

function pausesFor(error: unknown): readonly number[] {
    if (isNotFound(error) || error instanceof UnknownKindError) return missingPauses;
    if (isWebhookDown(error)) return webhookPauses;
    return isUncertain(error) ? lostPauses : [];
}

function isWebhookDown(error: unknown): boolean {
    const reasons =
        /failed calling webhook.*(connection refused|no endpoints available|no such host|i\/o timeout|EOF|context deadline)/s;
    return error instanceof ApiError && reasons.test(error.message);
}
