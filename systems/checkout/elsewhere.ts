import { type AppliedCluster, goneCluster, otherCluster, whyOther } from "../../cluster/appliedCluster";
import type { Finding, Target } from "../../cluster/target";
import { clusterUidIfKnown } from "../../components/mesh/clusterUid";
import { applied, type Applied } from "../../rollout/applied";
import { stackNames } from "../../rollout/stack";

/** What is asked of Pulumi. */
export interface Asked {
    readonly stacks: () => Promise<readonly string[]>;
    readonly applied: (stack: string) => Promise<Applied>;
}

/**
 * What is wrong when a stack is applied already, on another cluster than the one it is to run on now, or on one that is gone: its
 * state tells of that one, and an `up` would take all that it lists for there.
 */
export async function elsewhere(
    stack: string,
    target: Pick<Target, "name" | "cluster" | "status">,
    ask: Asked = { stacks: stackNames, applied },
): Promise<Finding[]> {
    if (!(await ask.stacks()).includes(stack)) return [];
    const { cluster } = await ask.applied(stack);
    if (!cluster) return [];
    const { phase, kubeconfig, context } = await target.status();
    const uid = kubeconfig && context ? await clusterUidIfKnown({ kubeconfig, context }) : undefined;
    const now = { target: target.name, name: target.cluster, uid };
    // A context may have got another name: what counts is the cluster.
    if (!isNamed(cluster, target)) {
        const isSame = uid !== undefined && uid === cluster.uid;
        return isSame ? [] : [otherCluster(stack, cluster, now)];
    }
    if (phase === "absent") return [goneCluster(stack, cluster)];
    const other = whyOther(stack, cluster, now);
    return other ? [other] : [];
}

/** Whether a state's cluster is called as a target's is. */
export function isNamed(
    { target, name }: AppliedCluster,
    { name: other, cluster }: Pick<Target, "name" | "cluster">,
): boolean {
    return target === other && name === cluster;
}
