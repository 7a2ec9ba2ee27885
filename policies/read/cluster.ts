import { ApiClient } from "../../plugins/kubernetes/client";
import { readConfig } from "../../plugins/kubernetes/config";
import type { Properties } from "../../plugins/kubernetes/values";
import { type Body, kubeObject, type KubeObject, numberAt } from "./object";

/** How long a cluster may take to answer, in milliseconds: one that is not there must not hold up a preview. */
const timeoutMs = 3000;

const kinds = [
    { group: "networking.istio.io", kind: "VirtualService", path: "/apis/networking.istio.io/v1/virtualservices" },
    { group: "apps", kind: "Deployment", path: "/apis/apps/v1/deployments" },
] as const;

/**
 * The routes and Deployments that the cluster has now: also what somebody changed with kubectl.
 *
 * @param provider the inputs of the provider of the resources that are compared.
 * @returns undefined where the cluster can't be read: it is away, or the user may not list these.
 */
export async function liveObjects(provider: Body): Promise<KubeObject[] | undefined> {
    try {
        const client = new ApiClient({ ...readConfig(provider as Properties), requestTimeoutMs: timeoutMs });
        const lists = await Promise.all(kinds.map(({ path }) => client.request("GET", path)));
        return lists.flatMap(({ items }, index) =>
            (Array.isArray(items) ? (items as Body[]) : []).map((item) =>
                kubeObject({ ...(kinds[index] ?? kinds[0]), isPatch: false }, item, {
                    urn: "",
                    readyPods: numberAt(item, "status", "readyReplicas") ?? 0,
                }),
            ),
        );
    } catch {
        return undefined;
    }
}
