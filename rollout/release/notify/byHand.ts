import type { ReleaseEvent, Verb } from "../hands";
import type { ReleaseOf } from "./telling";

/**
 * Does something to a release by hand, and tells of it, also where it fails after users were moved: neither a config that can't be
 * meant nor a webhook that is down keeps anybody from giving users back. Who is told is asked for once it is done.
 *
 * @param release whose; without services those that are moved.
 * @param act is given where it says what it does. What it did is what it says at its end, or gives back in words.
 * @returns what it gives back.
 * @throws as what is done does.
 */
export async function byHand<Result>(
    verb: Verb,
    release: ReleaseOf,
    act: (tell: (event: ReleaseEvent) => void) => Promise<Result>,
): Promise<Result> {
    const events: ReleaseEvent[] = [];
    try {
        const result = await act((event) => void events.push(event));
        const words = typeof result === "string" ? result : wordsOf(events);
        if (words !== undefined) await tellOf(verb, release, events, words);
        return result;
    } catch (error) {
        if (events.some(isMove)) await tellOf(verb, release, events, `failed: ${(error as Error).message}`);
        throw error;
    }
}

/** What was done, as a verb says it at its end; undefined where nobody was moved, and nothing was there to be done. */
function wordsOf(events: readonly ReleaseEvent[]): string | undefined {
    const end = events.findLast((event) => event.kind === "ends");
    return events.some(isMove) ? end?.words : undefined;
}

function isMove({ kind }: ReleaseEvent): boolean {
    return kind === "goesBack" || kind === "step" || kind === "applied";
}

async function tellOf(verb: Verb, release: ReleaseOf, events: readonly ReleaseEvent[], words: string): Promise<void> {
    try {
        // Loaded only now: whoever gives users back waits for nothing before.
        const { notifierOfAll } = await import("./telling");
        const named = release.services.map((one) => meantBy(one, events));
        const notifier = await notifierOfAll({ ...release, services: named.length > 0 ? named : movedIn(events) });
        notifier.tell({ kind: "byHand", verb, words });
        await notifier.close();
    } catch (error) {
        process.stderr.write(`note: nobody was told of it: ${(error as Error).message}\n`);
    }
}

/** The chain that a service stands for; the service itself where it is part of none. */
function meantBy(service: string, events: readonly ReleaseEvent[]): string {
    const chains = events.flatMap((event) =>
        event.kind === "meant" && event.service === service ? [event.chain] : [],
    );
    return chains[0] ?? service;
}

function movedIn(events: readonly ReleaseEvent[]): string[] {
    const all = events.flatMap((event) => {
        if (event.kind === "goesBack") return [event.service];
        return event.kind === "plans" ? event.moves.map(({ service }) => service) : [];
    });
    return [...new Set(all)];
}
