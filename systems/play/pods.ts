import { AppsV1Api } from "@kubernetes/client-node";
import { kubeConfigOf } from "../../components/mesh/client";
import type { StackOutputs } from "./outputs";

/** How many pods of a Deployment are ready; 0 where there is no such Deployment. */
export async function readyPods(
    { kubeconfig, context }: Pick<StackOutputs, "kubeconfig" | "context">,
    namespace: string,
    name: string,
): Promise<number> {
    const { items } = await kubeConfigOf({ kubeconfig, context })
        .makeApiClient(AppsV1Api)
        .listNamespacedDeployment({
            namespace,
            fieldSelector: `metadata.name=${name}`,
        });
    return items[0]?.status?.readyReplicas ?? 0;
}
