import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import {
    ObjectAppsV1Api as AppsV1Api,
    ObjectCoreV1Api as CoreV1Api,
    ObjectCustomObjectsApi as CustomObjectsApi,
} from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import type { SeenResource } from "../traffic/applied";
import type { MeshAccess } from "../traffic/meshAccess";
import type { VersionName } from "../traffic/weights";
import { kubeConfigOf } from "./api";

/** An object as a cluster has it, as far as routes and their authors are read from it. */
export interface LiveObject {
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        readonly annotations?: Readonly<Record<string, string>>;
        readonly managedFields?: readonly ManagedFields[];
    };
    readonly spec?: unknown;
}

/** Who wrote which fields, and when. */
export interface ManagedFields {
    readonly manager?: string;
    readonly time?: string | Date;
    readonly fieldsV1?: object;
    readonly subresource?: string;
}

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
    const found = await istioObjects(access, "VirtualService", "virtualservices");
    return found.map(({ kind, metadata: { name, namespace = "default", annotations = {} }, spec }) => ({
        kind,
        name,
        namespace,
        annotations,
        spec,
    }));
}

/**
 * What the cluster has of the kinds that decide who is served by what, in all namespaces: VirtualServices, DestinationRules
 * and Deployments, asked for side by side.
 *
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function liveObjects(access: MeshAccess): Promise<LiveObject[]> {
    const all = await Promise.all([
        istioObjects(access, "VirtualService", "virtualservices"),
        istioObjects(access, "DestinationRule", "destinationrules"),
        deployments(access),
    ]);
    return all.flat();
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

async function istioObjects(access: MeshAccess, kind: string, plural: string): Promise<LiveObject[]> {
    const api = kubeConfigOf(access).makeApiClient(CustomObjectsApi as never) as CustomObjectsApi;
    const asked = { group: "networking.istio.io", version: "v1", plural };
    try {
        const { items } = (await inTime(api.listClusterCustomObject(asked))) as { items: Omit<LiveObject, "kind">[] };
        return items.map(({ metadata, spec }) => ({ kind, metadata, spec }));
    } catch (error) {
        // The kind is not known: no Istio, and so no routes.
        if ((error as { code?: number }).code === 404) return [];
        throw error;
    }
}

async function deployments(access: MeshAccess): Promise<LiveObject[]> {
    const api = kubeConfigOf(access).makeApiClient(AppsV1Api as never) as AppsV1Api;
    const { items } = await inTime(api.listDeploymentForAllNamespaces());
    return items.map(({ metadata, spec }) => ({
        kind: "Deployment",
        metadata: { ...metadata, name: metadata?.name ?? "" },
        spec,
    }));
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
