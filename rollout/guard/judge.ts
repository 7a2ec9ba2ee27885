import { placeOf } from "../../cluster/choose";
import { liveWorld } from "../../components/mesh/live";
import { stackName } from "../../components/mesh/ownership";
import { movesIn } from "../../components/traffic/effect/moves";
import type { Finding } from "../../components/traffic/judge/findings";
import { judge } from "../../components/traffic/judge/judge";
import type { Step } from "../../components/traffic/judge/step";
import type { Placed } from "../../components/traffic/world/objects";
import { overlay, stateWorld, type World } from "../../components/traffic/world/world";
import { loadSettings } from "../../config/load";
import type { Settings } from "../../config/read";
import { proposalOf } from "./proposal";
import { appliedObjects, pendingConfig } from "./state";

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
    const [config, state] = await Promise.all([pendingConfig(stack), appliedObjects(stack)]);
    const settings = loadSettings("upshift", stack, config);
    return judged(settings, state, await readLive(stack, settings));
}

/** The judgement itself, of what was read. */
export function judged(settings: Settings, state: readonly Placed[], live: World | Error): Judged {
    const known = live instanceof Error ? undefined : live;
    const { objects, removed } = proposalOf(settings, state);
    const after = (world: World): World => overlay(world, objects, removed);
    const applied = stateWorld(state, known);
    const steps: Step[] = [
        { readFrom: "state", before: applied, after: after(applied) },
        ...(known ? [{ readFrom: "cluster" as const, before: known, after: after(known) }] : []),
    ];
    const { findings, changes } = judge(steps, { ...settings.limits, removed: settings.remove });
    return {
        moves: movesIn(changes),
        findings,
        notes: [
            ...(state.length === 0 ? ["nothing is applied yet: a first deployment is no step"] : []),
            ...(live instanceof Error ? [`the cluster can't be read, the state alone is judged: ${live.message}`] : []),
        ],
    };
}

async function readLive(stack: string, settings: Settings): Promise<World | Error> {
    try {
        return await liveWorld(placeOf(settings, stackName("upshift", stack)));
    } catch (error) {
        return error as Error;
    }
}
