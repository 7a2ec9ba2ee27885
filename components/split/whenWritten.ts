import { setTimeout as after } from "node:timers/promises";

/** How long a checkpoint may take to be written, in milliseconds: far more than it does. */
const timeoutMs = 10_000;

/**
 * Reads the stack's state again while it is being written: a file backend empties the checkpoint before it fills it, and
 * the engine writes one after each resource.
 *
 * @throws what `read` throws of anything else, and of a checkpoint that stays cut off.
 */
export async function whenWritten<State>(read: () => Promise<State>): Promise<State> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
        try {
            return await read();
        } catch (error) {
            const isCutOff = /\bEOF\b|unexpected end of JSON/i.test((error as Error).message);
            if (!isCutOff || Date.now() > deadline) throw error;
            await after(50);
        }
    }
}
