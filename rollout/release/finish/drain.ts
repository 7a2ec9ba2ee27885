import type { Ending } from "../hands";
import type { ReleasedService } from "../service";
import { secondsSince } from "../durations";
import type { FinishHands } from "./finishHands";
import { isQuiet, type Quiet, quietWords } from "./quiet";

/** Versions of one Service that are to be taken away. */
export interface Leaving {
    /** As the config calls it. */
    readonly service: string;
    readonly versions: readonly string[];
    readonly served: ReleasedService;
    /** Whether it is an edge, which only names versions to its chain: who asks them is counted at the chain's services. */
    readonly isEdge?: boolean;
}

/** Counts what a version of a service still gets. @param least seconds for which it is watched */
export type Count = (served: ReleasedService, version: string, least?: number) => Promise<Quiet>;

/** Seconds for which a version must have had no request before it goes: three times what is enough to only say so. */
const quietSeconds = 30;

/** Seconds between two counts. */
const restSeconds = 5;

/**
 * Waits until nobody asks the versions any more: no request, and none that is open.
 *
 * @param timeout seconds; @param again the command that goes on.
 * @returns how it ended where that did not come.
 */
export async function drained(
    leaving: readonly Leaving[],
    { hands, count, timeout, again }: { hands: FinishHands; count: Count; timeout: number; again: string },
): Promise<Ending | undefined> {
    const began = Date.now();
    for (;;) {
        const all = await Promise.all(
            leaving.flatMap(({ service, versions, served, isEdge }) =>
                (isEdge ? [] : versions).map(async (version) => {
                    const counted = await count(served, version, quietSeconds);
                    return { service, version, counted, words: quietWords(service, version, counted, hands.where) };
                }),
            ),
        );
        const busy = all.filter(({ counted }) => !isQuiet(counted)).map(({ words }) => words);
        // A count that was cut off has seen nothing.
        if (hands.isInterrupted) return held("Nothing is taken away.", again);
        if (busy.length === 0) {
            for (const { service, version, counted } of all)
                if (!("unknown" in counted))
                    hands.tell({ kind: "drained", service, version, seconds: counted.seconds });
            return undefined;
        }
        const why = busy.join(" ");
        if (secondsSince(began) >= timeout) return held(`Nothing is taken away: ${why}`, again);
        hands.tell({ kind: "waits", step: "drain", why });
        await hands.rest(restSeconds);
    }
}

function held(words: string, again: string): Ending {
    return { outcome: "held", words: `${words}\n  fix: ${again}` };
}
