import type { ClusterAccess } from "../../components/mesh/client";
import { type Body, isBody, kubeObject, type KubeObject, textAt, type Value } from "./object";

/** How long a cluster may take to answer, in milliseconds: one that is not there must not hold up a preview. */
const timeoutMs = 3000;

/**
 * The objects that decide who is served by what, as the cluster has them now: also what somebody changed with kubectl.
 *
 * @param provider the inputs of the provider of the resources that are compared.
 * @returns undefined where the cluster can't be read: it is away, or the user may not list these.
 */
export async function clusterObjects(provider: Body): Promise<KubeObject[] | undefined> {
    try {
        // Read only by a run that compares: the client takes long to load.
        const { liveObjects, placedLive } = await import("../../components/mesh/live");
        const found = await liveObjects(accessOf(provider), timeoutMs);
        return found.map((one) => {
            const { group, kind, body, readyPods } = placedLive(one);
            return kubeObject({ group, kind, isPatch: false }, body, { urn: "", readyPods });
        });
    } catch {
        return undefined;
    }
}

/** How a provider reaches its cluster; a kubeconfig may be given as an object, too. */
function accessOf({ kubeconfig, context, cluster }: Body): ClusterAccess {
    const text = (value: Value): string | undefined =>
        isBody(value) ? JSON.stringify(value) : textAt({ value }, "value");
    return { kubeconfig: text(kubeconfig), context: text(context), cluster: text(cluster) };
}
