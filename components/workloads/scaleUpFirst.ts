import type { V1Deployment } from "@kubernetes/client-node/dist/gen/models/V1Deployment.js";
import type { ClusterAccess } from "../mesh/client";

/**
 * The order in which versions change their number of pods: those that grow before those that shrink, so that a step
 * from 4/0 to 0/4 always has pods that serve. It follows what runs now, which neither config nor state know for sure;
 * it decides the order alone, never how many pods there are.
 *
 * @param wanted pods of each version.
 * @param deploymentOf the Deployment's name of a version.
 */
export async function scaleUpFirst(
    access: ClusterAccess,
    namespace: string,
    wanted: Readonly<Record<string, number>>,
    deploymentOf: (version: string) => string,
): Promise<string[]> {
    const live = await liveReplicas(access, namespace);
    const growth = (version: string): number => (wanted[version] ?? 0) - (live.get(deploymentOf(version)) ?? 0);
    return Object.keys(wanted).sort((one, other) => growth(other) - growth(one));
}

/** Pods by Deployment; empty where the cluster can't be read: then nothing runs that could be interrupted, or the `up` will say why. */
async function liveReplicas(access: ClusterAccess, namespace: string): Promise<Map<string, number>> {
    try {
        const [{ pathTo }, { apiOf }] = await Promise.all([import("../mesh/api"), import("../mesh/client")]);
        const path = pathTo("apps", "v1", "deployments", namespace);
        const { items } = await apiOf(access).get<{ items: V1Deployment[] }>(path);
        return new Map(items.map(({ metadata, spec }) => [metadata?.name ?? "", spec?.replicas ?? 0]));
    } catch {
        return new Map();
    }
}
