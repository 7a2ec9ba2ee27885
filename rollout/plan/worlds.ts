import { worldLive } from "../../components/mesh/live";
import type { LiveObject } from "../../components/mesh/liveObject";
import {
    type ForeignEdit,
    foreignEdits,
    type SortedEdits,
    sortedEdits,
    withAdopted,
} from "../../components/split/foreignEdits";
import type { Step } from "../../components/traffic/judge/step";
import { identityOf, placed, type Placed, worldKind } from "../../components/traffic/world/objects";
import { overlay, stateWorld, type World } from "../../components/traffic/world/world";
import { type Change, newOf, oldOf, type ResourceState } from "./events";

/** What the live cluster said, or why it said nothing. */
export type Live =
    | {
          readonly objects: readonly LiveObject[];
          /** Which cluster it is, where it said it. */
          readonly uid?: string | undefined;
      }
    | {
          readonly why: string;
          /** Whether it was not even asked, because nothing tells where it is. */
          readonly unasked?: true;
      };

/** What decides who is served, of a preview and around it. */
export interface Seen {
    readonly changes: readonly Change[];
    /** What was last applied, where the preview did not get to its end and can't say it. */
    readonly state?: readonly Change[] | undefined;
    readonly live: Live;
}

/** Operations that write nothing. */
export const quiet: readonly string[] = ["same", "read", "refresh"];

/**
 * The step of a preview, over each view of what is there: as it was last applied, and as the cluster has it. An `up` writes only
 * what differs from what was last applied, so that the rest of the cluster stays as somebody else may have made it.
 *
 * @returns that of the state first; that of the cluster after it, where the cluster was seen.
 */
export function stepsOf({ changes, state, live }: Seen, adopted: readonly ForeignEdit[] = []): [Step, ...Step[]] {
    const applied = withAdopted(worldObjects(state ?? changes, oldOf), adopted);
    const removed = removedBy(changes);
    const cluster = "objects" in live ? worldLive(live.objects) : undefined;
    const before = stateWorld(applied, cluster);
    const after = overlay(before, worldObjects(changes, newOf), removed);
    const first: Step = { readFrom: "state", before, after };
    if (!cluster) return [first];
    const written = worldObjects(
        changes.filter(({ op }) => !quiet.includes(op)),
        newOf,
    );
    return [first, { readFrom: "cluster", before: cluster, after: overlay(cluster, written, removed) }];
}

/** What others have written since the last update and users notice: what nobody has decided on yet, and what the program has taken over. */
export function editsOf({ changes, state, live }: Seen): SortedEdits {
    if (!("objects" in live)) return { open: [], adopted: [] };
    const cluster = worldLive(live.objects);
    const found = foreignEdits(worldObjects(state ?? changes, oldOf), cluster);
    return sortedEdits(found, cluster, worldObjects(changes, newOf));
}

/** What was last applied, and nothing else. */
export function appliedWorld(applied: readonly Change[]): World {
    return stateWorld(worldObjects(applied, oldOf), undefined);
}

/** One side of some changes, as far as it decides who is served. */
export function worldObjects(
    changes: readonly Change[],
    side: (change: Change) => ResourceState | undefined,
): Placed[] {
    return changes.flatMap((change) => {
        const kind = worldKind(change.type);
        const body = side(change)?.body;
        return kind && body ? [placed(kind, body, { urn: change.urn })] : [];
    });
}

/** What of the world goes: only what a preview has said of, because one that fails has not told all. */
function removedBy(changes: readonly Change[]): Set<string> {
    const kept = new Set(worldObjects(changes, newOf).map(identityOf));
    const had = worldObjects(
        changes.filter(({ op }) => op === "delete" || op === "replace"),
        oldOf,
    );
    return new Set(had.map(identityOf).filter((id) => !kept.has(id)));
}
