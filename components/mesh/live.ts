import {
    ObjectAppsV1Api as AppsV1Api,
    ObjectCoreV1Api as CoreV1Api,
    ObjectCustomObjectsApi as CustomObjectsApi,
} from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import type { SeenResource } from "../traffic/judge/appliedIn";
import type { MeshAccess } from "../split/meshAccess";
import { kubeConfigOf } from "./client";

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
    /** How many of its pods are ready, among others. */
    readonly status?: unknown;
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
    readonly annotations: Readonly<Record<string, string>>;
}

/** How long an API server may take to answer before it counts as unreachable, in milliseconds. */
const timeoutMs = 10_000;

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
 * What the cluster has of the kinds that decide who is served by what, in all namespaces: VirtualServices, DestinationRules,
 * Services and what makes pods, asked for side by side.
 *
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function liveObjects(access: MeshAccess): Promise<LiveObject[]> {
    const all = await Promise.all([
        istioObjects(access, "VirtualService", "virtualservices"),
        istioObjects(access, "DestinationRule", "destinationrules"),
        workloads(access),
    ]);
    return all.flat();
}

/**
 * The Services and Deployments of a namespace.
 *
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function liveWorkloads(access: MeshAccess, namespace: string): Promise<SeenResource[]> {
    const found = await workloads(access, namespace);
    return found.map(({ kind, metadata: { name }, spec }) => ({ kind, namespace, name, spec }));
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

/** What a list of the API has of an object. */
type Listed = Partial<Omit<LiveObject, "kind" | "metadata">> & { readonly metadata?: Partial<LiveObject["metadata"]> };

/** @param namespace the only one that is looked at. Default: all of them. */
async function workloads(access: MeshAccess, namespace?: string): Promise<LiveObject[]> {
    const config = kubeConfigOf(access);
    const core = config.makeApiClient(CoreV1Api as never) as CoreV1Api;
    const apps = config.makeApiClient(AppsV1Api as never) as AppsV1Api;
    const lists: Record<string, Promise<{ items: Listed[] }>> = namespace === undefined
        ? {
              Service: core.listServiceForAllNamespaces(),
              Deployment: apps.listDeploymentForAllNamespaces(),
              StatefulSet: apps.listStatefulSetForAllNamespaces(),
              DaemonSet: apps.listDaemonSetForAllNamespaces(),
          }
        : {
              Service: core.listNamespacedService({ namespace }),
              Deployment: apps.listNamespacedDeployment({ namespace }),
          };
    const found = Object.entries(lists).map(async ([kind, list]) =>
        (await list).items.map(({ metadata, spec, status }) => ({
            kind,
            metadata: { ...metadata, name: metadata?.name ?? "" },
            spec,
            status,
        })),
    );
    return (await inTime(Promise.all(found))).flat();
}

/** @throws when the answer takes too long. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs / 1000} s`)), timeoutMs);
    });
    try {
        return await Promise.race([answer, late]);
    } finally {
        clearTimeout(timer);
    }
}
