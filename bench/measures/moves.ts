import type { Bed } from "../bed";
import type { Contender, Move } from "../contenders/contender";
import type { Counts } from "../load/protocol";
import { within } from "../timing";

/** Nothing that is got ready takes so long, and no move, in seconds. */
const limit = 300;

/** A move that a contender knows, with what gets it ready, which is not timed. */
export interface Known {
    readonly ready: () => Promise<void>;
    readonly move: () => Promise<Move>;
}

/** What a move did to the users. */
export interface Moved {
    /** From the command's start until the last answer of the version that users leave. */
    readonly seconds: number;
    /** The requests from shortly before it until nobody is served by that version any more. */
    readonly counts: Counts;
    /** Those before it, as many as were asked for. */
    readonly before: Counts;
    /** The version that users leave, and the one that they come to. */
    readonly old: string;
    readonly fresh: string;
}

/**
 * Moves users under a steady load, and waits until nobody is served by the version that they leave.
 *
 * @param rate requests a second.
 * @param sample answers that are counted before it.
 * @throws where something of it takes longer than five minutes, with what was seen
 */
export async function moved(
    bed: Bed,
    { name, namespace }: Contender,
    rate: number,
    sample: number,
    { ready, move }: Known,
): Promise<Moved> {
    await within(limit, `What gets ${name} ready`, ready(), () => "");
    const load = await bed.load(namespace, rate);
    try {
        await load.has(rate);
        load.begin();
        const before = await load.has(sample);
        load.begin();
        const seen = (): string => `Answers since its start: ${JSON.stringify(load.counts().answers)}`;
        const { began, old, fresh } = await within(limit, `The move of ${name}`, move(), seen);
        const seconds = await load.quietOf(old, began);
        await load.answeredBy(fresh);
        return { seconds, counts: load.counts(), before, old, fresh };
    } finally {
        await load.stop();
    }
}
