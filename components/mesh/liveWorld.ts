import {
    ObjectAppsV1Api as AppsV1Api,
    ObjectCoreV1Api as CoreV1Api,
    ObjectCustomObjectsApi as CustomObjectsApi,
} from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import type { MeshAccess } from "../split/meshAccess";
import { placed } from "../traffic/world/objects";
import type { Body } from "../traffic/world/values";
import type { World } from "../traffic/world/world";
import { kubeConfigOf } from "./client";
import { inTime } from "./live";

/**
 * All that decides who is served in a cluster, in all namespaces: a route for a host may stand in any of them. The kinds are asked
 * for side by side.
 *
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function liveWorld(access: MeshAccess): Promise<World> {
    const config = kubeConfigOf(access);
    const core = config.makeApiClient(CoreV1Api as never) as CoreV1Api;
    const apps = config.makeApiClient(AppsV1Api as never) as AppsV1Api;
    const custom = config.makeApiClient(CustomObjectsApi as never) as CustomObjectsApi;
    const lists: readonly (readonly [string, Promise<{ items: unknown }>])[] = [
        ["VirtualService", istioObjects(custom, "virtualservices")],
        ["DestinationRule", istioObjects(custom, "destinationrules")],
        ["Service", core.listServiceForAllNamespaces()],
        ["Deployment", apps.listDeploymentForAllNamespaces()],
        ["StatefulSet", apps.listStatefulSetForAllNamespaces()],
        ["DaemonSet", apps.listDaemonSetForAllNamespaces()],
    ];
    const read = lists.map(async ([kind, list]) => ((await list).items as Body[]).map((body) => placed(kind, body)));
    return { objects: (await inTime(Promise.all(read))).flat(), isWhole: true };
}

/** None where the kind is not known: no Istio, and so no routes. */
async function istioObjects(api: CustomObjectsApi, plural: string): Promise<{ items: unknown }> {
    try {
        return (await api.listClusterCustomObject({ group: "networking.istio.io", version: "v1", plural })) as {
            items: unknown;
        };
    } catch (error) {
        if ((error as { code?: number }).code === 404) return { items: [] };
        throw error;
    }
}
