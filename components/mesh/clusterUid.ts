import { ObjectCoreV1Api as CoreV1Api } from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import { type ClusterAccess, kubeConfigOf } from "./client";

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
    const api = kubeConfigOf(access).makeApiClient(CoreV1Api);
    const options = { middleware: [], signal: AbortSignal.timeout(timeoutMs) } as object;
    const { metadata } = await api.readNamespace({ name: "kube-system" }, options);
    if (!metadata?.uid) throw new Error("its namespace kube-system has no uid");
    return metadata.uid;
}

/** The same; undefined where the cluster does not say it. */
export async function clusterUidIfKnown(access: ClusterAccess, timeoutMs?: number): Promise<string | undefined> {
    return clusterUid(access, timeoutMs).catch(() => undefined);
}
