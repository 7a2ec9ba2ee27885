import type { Bed } from "../bed";
import type { Contender, Move } from "../contenders/contender";
import type { Counts } from "../load/protocol";

/** What a move did to the users. */
export interface Moved {
    /** From the command's start until the last answer of the version that users leave. */
    readonly seconds: number;
    /** The requests from shortly before it until nobody is served by that version any more. */
    readonly counts: Counts;
}

/**
 * Moves users under a steady load, and waits until nobody is served by the version that they leave.
 *
 * @param rate requests a second.
 * @param ready is not timed.
 */
export async function moved(
    bed: Bed,
    { namespace }: Contender,
    rate: number,
    ready: () => Promise<void>,
    move: () => Promise<Move>,
): Promise<Moved> {
    await ready();
    const load = await bed.load(namespace, rate);
    try {
        await load.has(rate);
        load.begin();
        const { began, old, fresh } = await move();
        const seconds = await load.quietOf(old, began);
        await load.answeredBy(fresh);
        return { seconds, counts: load.counts() };
    } finally {
        await load.stop();
    }
}
