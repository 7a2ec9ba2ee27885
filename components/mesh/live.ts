import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import {
    ObjectCoreV1Api as CoreV1Api,
    ObjectCustomObjectsApi as CustomObjectsApi,
} from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import type { SeenResource } from "../traffic/applied";
import type { MeshAccess } from "../traffic/meshAccess";
import type { VersionName } from "../traffic/weights";
import { kubeConfigOf } from "./api";

/** A VirtualService of a cluster. */
export interface LiveRoute extends SeenResource {
    readonly name: string;
    readonly annotations: Readonly<Record<string, string>>;
}

/** How long an API server may take to answer before it counts as unreachable, in milliseconds. */
const patience = 10_000;

/**
 * Every VirtualService of the cluster, in all namespaces: a route for a host may stand in any of them.
 *
 * @returns none where the mesh is not installed yet.
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function liveRoutes(access: MeshAccess): Promise<LiveRoute[]> {
    const api = kubeConfigOf(access).makeApiClient(CustomObjectsApi as never) as CustomObjectsApi;
    const kind = { group: "networking.istio.io", version: "v1", plural: "virtualservices" };
    try {
        const list = (await inTime(api.listClusterCustomObject(kind))) as {
            items: {
                metadata: { name: string; namespace: string; annotations?: Record<string, string> };
                spec: unknown;
            }[];
        };
        return list.items.map(({ metadata: { name, namespace, annotations = {} }, spec }) => ({
            kind: "VirtualService",
            name,
            namespace,
            annotations,
            spec,
        }));
    } catch (error) {
        // The kind is not known: no Istio, and so no routes.
        if ((error as { code?: number }).code === 404) return [];
        throw error;
    }
}

/**
 * Ready pods by service and version, told by the labels `app` and `version` that every VersionedService gives.
 *
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function readyPods(
    access: MeshAccess,
    namespace: string,
): Promise<Record<string, Record<VersionName, number>>> {
    const api = kubeConfigOf(access).makeApiClient(CoreV1Api as never) as CoreV1Api;
    const { items } = await inTime(api.listNamespacedPod({ namespace, labelSelector: "app,version" }));
    const counts: Record<string, Record<VersionName, number>> = {};
    for (const pod of items.filter(isReady)) {
        const { app = "", version = "" } = pod.metadata?.labels ?? {};
        const ofService = (counts[app] ??= {});
        ofService[version] = (ofService[version] ?? 0) + 1;
    }
    return counts;
}

function isReady(pod: V1Pod): boolean {
    if (pod.metadata?.deletionTimestamp) return false;
    return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

async function inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer in ${patience / 1000} s`)), patience);
    });
    try {
        return await Promise.race([answer, late]);
    } finally {
        clearTimeout(timer);
    }
}
