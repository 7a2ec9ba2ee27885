import { type AppliedCluster, whyOther } from "../cluster/appliedCluster";
import type { Finding } from "../cluster/target";
import type { ClusterAccess } from "../components/mesh/client";
import { clusterUid } from "../components/mesh/clusterUid";

/** How long a command that only tells waits for the cluster, in milliseconds. */
const timeoutMs = 3_000;

/** What a command that tells of a stack must say of its cluster first. */
export interface AtHand {
    /** What is wrong: it is another than the one that the stack is applied on. */
    readonly finding?: Finding | undefined;
    /** Why the cluster did not say who it is. */
    readonly unknown?: string;
}

/** Whether a cluster is the one that a stack is applied on. */
export async function atHand(
    stack: string,
    cluster: AppliedCluster | undefined,
    access: ClusterAccess,
): Promise<AtHand> {
    const uid = await clusterUid(access, timeoutMs).catch((error: Error) => error);
    if (uid instanceof Error) return { unknown: rootOf(uid).message };
    return cluster ? { finding: whyOther(stack, cluster, { ...cluster, uid }) } : {};
}

/** What was wrong at the bottom: `fetch failed` says nothing. */
export function rootOf(error: Error): Error {
    return error.cause instanceof Error ? rootOf(error.cause) : error;
}
