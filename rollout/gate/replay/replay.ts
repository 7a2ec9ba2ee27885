import { secondsOf } from "../../release/durations";
import type { VersionCounts } from "../counts";
import { type Bursts, burstsAround } from "./bursts";
import { Dealer } from "./deal";
import { hourBefore, momentsOf, ownOf, type PastWindow } from "../past";
import type { Ending, Rehearsal, Rehearsed } from "./rehearsal";
import { rehearse } from "./release";

/** The past, as many releases of a version to itself. */
export interface Replay {
    /** One begins so many seconds after the other, whether or not that has ended. */
    readonly every: number;
    readonly releases: readonly Rehearsal[];
    readonly ended: Readonly<Record<Ending, number>>;
}

/**
 * Makes of the past as many releases as fit in it one after the other, each of which bakes as long at its steps as it has to. One that is
 * held up goes on as the next begins: so every hour counts alike.
 *
 * @param past at least as long as one release: see `leastSeconds`.
 * @param seed the same one deals the requests in the same way.
 */
export function replay(past: readonly PastWindow[], of: Rehearsed, seed: number): Replay {
    const dealer = new Dealer(seed);
    const every = leastSeconds(of);
    const releases: Rehearsal[] = [];
    const last = past.at(-1)?.at ?? 0;
    const own = new Map(of.counted.map((service) => [service, ownOf(service, past)]));
    const ownPast = (service: string): readonly PastWindow[] => own.get(service) ?? [];
    let due: number | undefined;
    for (const { begins, index } of momentsOf(past)) {
        due ??= begins;
        // A release whose time to bake is not over by the end says nothing.
        if (begins < due || begins + every > last) continue;
        while (due <= begins) due += every;
        const bursts = (service: string): Bursts => burstsAround(ownPast(service), begins);
        const before = (service: string): VersionCounts[] => (of.knowsHour ? hourBefore(ownPast(service), begins) : []);
        releases.push(rehearse(past.slice(index), of, dealer, bursts, before));
    }
    const count = (ending: Ending): number => releases.filter((one) => one.ending === ending).length;
    const ended = {
        done: count("done"),
        failed: count("failed"),
        held: count("held"),
        unjudged: count("unjudged"),
        cutOff: count("cutOff"),
    };
    return { every, releases, ended };
}

/** Seconds of a release whose every step passes at the end of its time to bake. */
export function leastSeconds({ steps, settings }: Pick<Rehearsed, "steps" | "settings">): number {
    return steps.length * secondsOf(settings.bake);
}

/** Releases whose end is known. */
export function judgedOf({ ended }: Replay): number {
    return ended.done + ended.failed + ended.held + ended.unjudged;
}

/** Whether more of them would have failed than the gate promises. */
export function isMoreThan(alpha: number, replayed: Replay): boolean {
    return replayed.ended.failed > alpha * judgedOf(replayed);
}
