import { changesBetween } from "../../components/traffic/effect/changes";
import { isMoved, movesIn } from "../../components/traffic/effect/moves";
import { judge } from "../../components/traffic/judge/judge";
import { describe } from "../../components/traffic/judge/words";
import type { Problem } from "../../components/traffic/split/problem";
import type { Placed } from "../../components/traffic/world/objects";
import { overlay, type World } from "../../components/traffic/world/world";

/** Below this, in points of percent, two shares are the same. */
const same = 1e-6;

/**
 * The proof that an adoption moves nobody: for every kind of request at every place, whoever serves it now serves the same share of
 * it afterwards, by the judge that every step is measured with.
 *
 * @param points how far a share may rise or fall, where weights can't say what is served now: percent.
 * @returns who would be moved, a problem each; empty when nobody is.
 */
export function movedBy(name: string, live: World, proposed: readonly Placed[], points = 0): Problem[] {
    const after = overlay(live, proposed);
    const changes = changesBetween(live, after);
    const moved = changes.filter((change) => isMoved(change, Math.max(points, same)));
    const { findings } = judge([{ readFrom: "cluster", before: live, after }], { maxRaise: points });
    const words = new Set([
        ...movesIn(moved),
        ...findings.map(describe),
        ...moved
            .filter((one) => movesIn([one]).length === 0)
            .map(({ service, place }) => `~ ${service} at ${place.entry}: requests of one kind meet another version`),
    ]);
    const fix = `leave it where it is, or ask for the way of a request: kubectl get virtualservices,destinationrules -A -o yaml`;
    return [...words].map((message) => ({ at: `${name}: who would move`, message, fix }));
}
