import { CoreV1Api } from "@kubernetes/client-node";
import { command, contextOf } from "../../cluster/embedded/layout";
import { connect, withTimeout } from "../../cluster/context/connect";
import { startCommand } from "../../cluster/appliedCluster";
import { describeCommand } from "../../cluster/followPods";
import { nameOf, whyNotReady } from "../../cluster/pods";
import { clusterOf } from "../../rollout/applied";

/** The namespaces without whose pods no gateway answers, the one of the gateway's own pods first. */
const namespaces = ["istio-ingress", "istio-system"];

/**
 * Why a gateway does not answer, as far as its cluster says it: which pod is not ready, and why; and the command that goes on from
 * there, on a line of its own.
 */
export async function whyNoGateway({
    kubeconfig,
    context,
}: {
    readonly kubeconfig: string;
    readonly context: string;
}): Promise<string> {
    try {
        const api = (await connect(kubeconfig, context)).config.makeApiClient(CoreV1Api);
        const found = namespaces.map((namespace) => api.listNamespacedPod({ namespace }, withTimeout()));
        const [atEdge = [], beside = []] = (await Promise.all(found)).map(({ items }) => items);
        if (atEdge.length === 0)
            return "The cluster has no pod of a gateway (namespace istio-ingress).\n  fix: pulumi up";
        const late = [...atEdge, ...beside].flatMap((pod) => {
            const why = whyNotReady(pod);
            return why === undefined ? [] : [{ pod: nameOf(pod), why }];
        });
        const list = late.map(({ pod, why }) => `\n    ${pod}: ${why}`).join("");
        return late.length > 0
            ? `Not ready in its cluster:${list}\n  fix: see what it says: ${describeCommand(kubeconfig, context, late[0]?.pod)}`
            : `Its pods are ready, so that it is the way to them that is closed.\n  fix: ${up(kubeconfig, context)}`;
    } catch (error) {
        return `Its cluster does not answer either: ${(error as Error).message}\n  fix: ${up(kubeconfig, context)}`;
    }
}

/** The command that starts the cluster of a context, if it is one of ours, and waits for its pods; else the one that shows what is wrong. */
function up(kubeconfig: string, context: string): string {
    const embedded = contextOf("");
    if (context.startsWith(embedded)) return command(context.slice(embedded.length), "up");
    if (context.startsWith("k3d-")) return `${command(context.slice("k3d-".length), "up")} --target k3d`;
    return startCommand(clusterOf({ kubeconfig, context }), kubeconfig);
}
