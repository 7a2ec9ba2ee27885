import {
    ObjectAppsV1Api as AppsV1Api,
    ObjectCoreV1Api as CoreV1Api,
    ObjectCustomObjectsApi as CustomObjectsApi,
} from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import type { SeenResource } from "../traffic/appliedIn";
import type { MeshAccess } from "../traffic/meshAccess";
import { kubeConfigOf } from "./api";

/** A VirtualService of a cluster. */
export interface LiveRoute extends SeenResource {
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
 * The Services and Deployments of a namespace.
 *
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function liveWorkloads(access: MeshAccess, namespace: string): Promise<SeenResource[]> {
    const config = kubeConfigOf(access);
    const services = config.makeApiClient(CoreV1Api as never) as CoreV1Api;
    const deployments = config.makeApiClient(AppsV1Api as never) as AppsV1Api;
    const [{ items: addressed }, { items: running }] = await inTime(
        Promise.all([
            services.listNamespacedService({ namespace }),
            deployments.listNamespacedDeployment({ namespace }),
        ]),
    );
    const seen = (kind: string) => (one: { metadata?: { name?: string }; spec?: unknown }) => ({
        kind,
        namespace,
        name: one.metadata?.name ?? "",
        spec: one.spec,
    });
    return [...addressed.map(seen("Service")), ...running.map(seen("Deployment"))];
}

/** @throws when the answer takes too long. */
export async function inTime<T>(answer: Promise<T>): Promise<T> {
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
