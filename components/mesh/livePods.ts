import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import { grouped } from "../traffic/world/grouped";
import { otherPods } from "../traffic/world/objects";
import { reading, type ServiceObject, type World, workloadsBehind } from "../traffic/world/world";
import { type Api, ApiError, pathTo } from "./api";
import type { LiveObject } from "./liveObject";

/**
 * The pods of Services for which a world has no workload: a ReplicaSet's, an Argo Rollout's, an operator's, bare ones. Without them
 * such a Service would seem to have no users yet. Those of one maker are one object, in the form of a workload's.
 */
export async function podsBesides(api: Api, world: World, timeoutMs: number): Promise<LiveObject[]> {
    const services = [...reading(world).services.values()].filter(
        ({ host, selector }) => Object.keys(selector).length > 0 && workloadsBehind(world, host).length === 0,
    );
    const found = (await Promise.all(services.map((service) => selectedBy(api, service, timeoutMs)))).flat();
    // Several Services may select a pod.
    const pods = new Map(found.map((pod) => [`${pod.metadata?.namespace}/${pod.metadata?.name}`, pod]));
    return [...grouped([...pods.values()].map((pod) => [makerOf(pod), pod])).values()].flatMap(asWorkload);
}

async function selectedBy(api: Api, { namespace, selector }: ServiceObject, timeoutMs: number): Promise<V1Pod[]> {
    const labels = Object.entries(selector).map(([label, value]) => `${label}=${value}`);
    const path = `${pathTo("core", "v1", "pods", namespace)}?labelSelector=${encodeURIComponent(labels.join(","))}`;
    try {
        const { items } = await api.get<{ items: V1Pod[] }>(path, { timeoutMs });
        return items.filter(isRunning);
    } catch (error) {
        // Who may not see pods knows of none that others make, as before.
        if (error instanceof ApiError && error.code === 403) return [];
        throw error;
    }
}

/** What a pod has in common with those that were made with it: its maker, and the labels by which versions may be told. */
function makerOf({ metadata = {} }: V1Pod): string {
    const maker = metadata.ownerReferences?.find(({ controller }) => controller);
    return `${metadata.namespace}/${maker ? `${maker.kind} ${maker.uid}` : metadata.name}`;
}

function asWorkload(pods: readonly V1Pod[]): LiveObject[] {
    const [first] = pods;
    if (!first?.metadata) return [];
    const { name = "", namespace = "", labels, ownerReferences } = first.metadata;
    const maker = ownerReferences?.find(({ controller }) => controller)?.name;
    return [
        {
            kind: otherPods,
            metadata: { name: maker ?? name, namespace },
            spec: { replicas: pods.length, template: { metadata: { labels }, spec: first.spec } },
            status: { readyReplicas: pods.filter(isReady).length },
        },
    ];
}

function isReady({ status }: V1Pod): boolean {
    return status?.conditions?.some((one) => one.type === "Ready" && one.status === "True") ?? false;
}

/** Whether a pod runs or is about to, and is not on its way out. */
export function isRunning({ metadata, status }: V1Pod): boolean {
    return !metadata?.deletionTimestamp && !ended.includes(status?.phase ?? "");
}

const ended = ["Succeeded", "Failed"];
