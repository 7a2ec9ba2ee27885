import { insideCommand, readCluster } from "../../cluster/embedded/cluster";
import { contextOf, network, nodePorts } from "../../cluster/embedded/layout";
import { type Edge, edgeOf } from "./edge";
import type { StackOutputs } from "./outputs";
import type { Entry, Story } from "./story";
import type { LoadOptions } from "../../rollout/load/protocol";

/**
 * A load on a system, and the command that runs it. For the embedded cluster it runs inside the cluster's network and
 * asks the node's port: what is measured is the mesh, and not a way into it.
 */
export async function loadOn(
    story: Pick<Story, "system" | "entry">,
    outputs: StackOutputs,
    shape: { rate: number; maxRequests: number; headers?: Record<string, string> },
): Promise<{ options: LoadOptions; prefix: string[] }> {
    const edge = edgeOf(outputs, story.system);
    const { path, headers }: Entry = await story.entry(outputs);
    const { origin, prefix } = entrance(outputs, edge);
    const { host, certificate } = edge;
    const { rate, maxRequests } = shape;
    return {
        prefix,
        options: { origin, host, certificate, path, rate, maxRequests, headers: { ...headers, ...shape.headers } },
    };
}

function entrance(outputs: StackOutputs, { scheme, address }: Edge): { origin: string; prefix: string[] } {
    const embedded = embeddedOf(outputs.context);
    if (!embedded) return { origin: `${scheme}://${address}`, prefix: [] };
    return { origin: `${scheme}://${network.node}:${nodePorts[scheme]}`, prefix: insideCommand(embedded) };
}

/** The running embedded cluster that a kubeconfig context belongs to. */
function embeddedOf(context: string): string | undefined {
    const name = context.slice(contextOf("").length);
    return context === contextOf(name) && readCluster(name) ? name : undefined;
}
