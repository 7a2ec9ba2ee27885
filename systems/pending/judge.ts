import { type AppliedCluster, refuseOther } from "../../cluster/appliedCluster";
import { placeOf, type SettledPlace } from "../../cluster/choose";
import { clusterUidIfKnown } from "../../components/mesh/clusterUid";
import { liveWorld } from "../../components/mesh/live";
import { stackName } from "../../components/mesh/ownership";
import {
    driftFindings,
    foreignEdits,
    sortedEdits,
    type SortedEdits,
    withAdopted,
} from "../../components/split/foreignEdits";
import { movesIn } from "../../components/traffic/effect/moves";
import type { Finding } from "../../components/traffic/judge/findings";
import { judge } from "../../components/traffic/judge/judge";
import type { Step } from "../../components/traffic/judge/step";
import type { Placed } from "../../components/traffic/world/objects";
import { overlay, stateWorld, type World } from "../../components/traffic/world/world";
import { loadSettings } from "../config/load";
import type { Settings } from "../config/read";
import { applied } from "../../rollout/applied";
import { defaultStack } from "../../rollout/pulumi";
import { proposalOf } from "./proposal";
import { pendingConfig } from "../../rollout/guard/state";

/** What is to be said of the step that the stack's config asks for. */
export interface Judged {
    /** Who would move, a line for each service: `~ review: v1 80 → 55, v2 20 → 45`. Services that stay are left out. */
    readonly moves: readonly string[];
    readonly findings: readonly Finding[];
    /** What else was seen: that the cluster could not be read, that nothing is applied yet. */
    readonly notes: readonly string[];
}

/**
 * Judges the pending config of a stack against what is applied, without running the program.
 *
 * @throws when it can't be judged: then the step must not be made.
 */
export async function judgePending(stack: string): Promise<Judged> {
    const [config, { objects, cluster }] = await Promise.all([pendingConfig(stack), applied(stack)]);
    const settings = loadSettings("upshift", stack, config);
    const { live } = await liveOf(stack, settings, cluster);
    return judged(settings, objects, live, stack);
}

/** The judgement itself, of what was read. */
export function judged(
    settings: Settings,
    state: readonly Placed[],
    live: World | Error,
    stack = defaultStack,
): Judged {
    const known = live instanceof Error ? undefined : live;
    const { objects, removed } = proposalOf(settings, state);
    const { open, adopted } = known ? sortedEdits(foreignEdits(state, known), known, objects) : noEdits;
    const after = (world: World): World => overlay(world, objects, removed);
    const before = stateWorld(withAdopted(state, adopted), known);
    const steps: Step[] = [
        { readFrom: "state", before, after: after(before) },
        ...(known ? [{ readFrom: "cluster" as const, before: known, after: after(known) }] : []),
    ];
    const { findings, changes } = judge(steps, { ...settings.limits, removed: settings.remove });
    return {
        moves: movesIn(changes),
        findings: open.length > 0 ? driftFindings(open, { project: "upshift", stack }) : findings,
        notes: [
            ...(state.length === 0 ? ["nothing is applied yet: a first deployment is no step"] : []),
            ...(live instanceof Error ? [`the cluster can't be read, the state alone is judged: ${live.message}`] : []),
        ],
    };
}

const noEdits: SortedEdits = { open: [], adopted: [] };

/**
 * What the cluster of a stack has, or why that can't be read.
 *
 * @throws when the cluster is another than the one that the stack is applied on: nothing of the state is to be compared with it.
 */
export async function liveOf(
    stack: string,
    settings: Settings,
    before: AppliedCluster | undefined,
): Promise<{ live: World | Error; place?: SettledPlace }> {
    let place: SettledPlace;
    try {
        place = placeOf(settings, stackName("upshift", stack));
    } catch (error) {
        return { live: error as Error };
    }
    const [live, uid] = await Promise.all([
        liveWorld(place).catch((error: Error) => error),
        before && clusterUidIfKnown(place),
    ]);
    if (before) refuseOther(stack, before, { ...place.at, uid });
    return { live, place };
}
