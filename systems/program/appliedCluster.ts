import * as pulumi from "@pulumi/pulumi";
import {
    type AppliedCluster as Cluster,
    appliedClusterIn,
    appliedClusterType,
    whyOther,
} from "../../cluster/appliedCluster";
import { RunHooks } from "../../components/split/runHooks";
import type { SettledPlace } from "../../cluster/choose";

/**
 * Says in the stack's state on which cluster the stack is applied. All other resources come after it, so that also a state of an
 * `up` that failed early says it.
 */
export class AppliedCluster extends pulumi.ComponentResource {
    constructor(name: string, { target, name: cluster, uid }: Cluster) {
        const where = { target, name: cluster, uid };
        super(appliedClusterType, name, where);
        this.registerOutputs(where);
    }
}

/**
 * The cluster at hand, for the state.
 *
 * @throws when the stack is applied on another one, before anything is made or changed: all of its state would be taken for what
 * is on this one.
 */
export async function clusterAtHand(place: SettledPlace): Promise<Cluster> {
    const [applied, uid] = await Promise.all([appliedBefore(), uidOf(place)]);
    const now = { ...place.at, uid };
    if (!applied) return now;
    const other = whyOther(pulumi.getStack(), applied, now);
    if (other) throw new pulumi.RunError(`${other.what} Nothing was changed.\n  fix: ${other.fix}`);
    // One that does not say who it is counts as the one that it was: it does not answer, or its user may not look.
    return uid === undefined ? applied : now;
}

/** The client is loaded while the engine reads the state. */
async function uidOf(place: SettledPlace): Promise<string | undefined> {
    const { clusterUidIfKnown } = await import("../../components/mesh/clusterUid");
    return clusterUidIfKnown(place);
}

async function appliedBefore(): Promise<Cluster | undefined> {
    const resources = (await RunHooks.current()?.resources()) ?? [];
    return appliedClusterIn(resources.find(({ type }) => type === appliedClusterType)?.outputs);
}
