import * as pulumi from "@pulumi/pulumi";
import type { LiveRoute } from "../mesh/live";
import { SeenResource } from "./applied";
import { unreadable } from "./finding";
import { Applied } from "./judgeStep";
import type { MeshAccess } from "./meshAccess";
import { whenWritten } from "./whenWritten";

/** The VirtualServices of the stack's last checkpoint, whatever they are called now. */
export async function readState(): Promise<SeenResource[]> {
    const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const { outputs } = (await whenWritten(() =>
        pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName }),
    )) as { outputs: Record<string, { type: string; outputs: SeenOutputs }> };
    return Object.values(outputs)
        .filter(({ type }) => /^kubernetes:networking\.istio\.io\/[^:]+:VirtualService$/.test(type))
        .map(({ outputs: { metadata, spec } }) => ({
            kind: "VirtualService",
            namespace: metadata?.namespace ?? "",
            spec,
        }));
}

interface SeenOutputs {
    metadata?: { namespace?: string };
    spec?: unknown;
}

/** What the cluster has, or why that can't be read. */
export async function readLive(mesh: MeshAccess): Promise<LiveRoute[] | Error> {
    try {
        const { liveRoutes } = await import("../mesh/live");
        return await liveRoutes(mesh);
    } catch (error) {
        return error as Error;
    }
}

/** The state alone is judged, and said so; where it has nothing either, only a preview may go on: nobody knows what serves. */
export async function withoutCluster(
    service: string,
    state: Applied,
    error: Error,
    inPreview: boolean,
): Promise<Applied> {
    const why = `what the cluster has can't be read: ${error.message}`;
    if (inPreview || state.applied.some((view) => view.service === service)) {
        await pulumi.log.warn(`${service}: ${why}; the step is judged by the state alone`);
        return state;
    }
    return { ...state, findings: [...state.findings, unreadable(service, why)] };
}
