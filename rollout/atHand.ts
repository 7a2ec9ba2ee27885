import { areDifferent, otherCluster } from "../cluster/appliedCluster";
import type { Finding } from "../cluster/target";
import type { ClusterAccess } from "../components/mesh/client";
import { clusterUid } from "../components/mesh/clusterUid";
import { applied, type Applied } from "./applied";

/** How long a command that only tells waits for the cluster, in milliseconds. */
const timeoutMs = 3_000;

/** What a command that tells of a stack must say of its cluster first. */
export interface AtHand {
    /** What is wrong: it is another than the one that the stack is applied on. */
    readonly finding?: Finding;
    /** Why the cluster did not say who it is. */
    readonly unknown?: string;
}

/** Whether a cluster is the one that a stack is applied on. */
export async function atHand(
    stack: string,
    access: ClusterAccess,
    ask: (stack: string) => Promise<Applied> = applied,
): Promise<AtHand> {
    const [{ cluster }, uid] = await Promise.all([
        ask(stack),
        clusterUid(access, timeoutMs).catch((error: Error) => error),
    ]);
    if (uid instanceof Error) return { unknown: rootOf(uid).message };
    if (!cluster) return {};
    const now = { ...cluster, uid };
    return areDifferent(cluster, now) ? { finding: otherCluster(stack, cluster, now) } : {};
}

/** What was wrong at the bottom: `fetch failed` says nothing. */
function rootOf(error: Error): Error {
    return error.cause instanceof Error ? rootOf(error.cause) : error;
}
