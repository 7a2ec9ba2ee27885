import { pathTo } from "./api";
import { apiOf, type ClusterAccess } from "./client";

/** How long an API server may take to say who it is, in milliseconds. */
const defaultTimeoutMs = 5_000;

/**
 * What tells a cluster from every other one, also from a later one of the same name: the uid of its namespace kube-system, which
 * nobody can delete while the cluster lives.
 *
 * @param timeoutMs how long it may take, in milliseconds. Default 5,000.
 * @throws when the cluster can't be reached, or forbids to look at the namespace.
 */
export async function clusterUid(access: ClusterAccess, timeoutMs = defaultTimeoutMs): Promise<string> {
    const path = pathTo("core", "v1", "namespaces", undefined, "kube-system");
    const { metadata } = await apiOf(access).get<{ metadata?: { uid?: string } }>(path, { timeoutMs });
    if (!metadata?.uid) throw new Error("its namespace kube-system has no uid");
    return metadata.uid;
}

/** The same; undefined where the cluster does not say it. */
export async function clusterUidIfKnown(access: ClusterAccess, timeoutMs?: number): Promise<string | undefined> {
    return clusterUid(access, timeoutMs).catch(() => undefined);
}
