import {
    ObjectCoreV1Api as CoreV1Api,
    ObjectCustomObjectsApi as CustomObjectsApi,
} from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { placed, type Placed, worldKinds } from "../traffic/world/objects";
import type { Body } from "../traffic/world/values";
import type { World } from "../traffic/world/world";
import { readyIn } from "../traffic/world/workloads";
import { type ClusterAccess, kubeConfigOf } from "./client";

/** An object as a cluster has it, as far as routes, their authors and the pods behind them are read from it. */
export interface LiveObject {
    readonly kind: string;
    readonly metadata: {
        readonly name: string;
        readonly namespace?: string;
        readonly uid?: string;
        readonly creationTimestamp?: string;
        readonly annotations?: Readonly<Record<string, string>>;
        readonly managedFields?: readonly ManagedFields[];
    };
    readonly spec?: unknown;
    readonly status?: unknown;
}

/** Who wrote which fields, and when. */
export interface ManagedFields {
    readonly manager?: string;
    readonly time?: string | Date;
    readonly fieldsV1?: object;
    readonly subresource?: string;
}

/** How long an API server may take to answer before it counts as unreachable, in milliseconds. */
const defaultTimeoutMs = 10_000;

/**
 * What the cluster has of the kinds that decide who is served by what, in all namespaces: VirtualServices, DestinationRules,
 * Services, Deployments, StatefulSets and DaemonSets, asked for side by side.
 *
 * @param timeoutMs how long it may take, in milliseconds. Default 10,000.
 * @throws when the cluster can't be reached, or forbids one of them: half of it would be taken for all.
 */
export async function liveObjects(access: ClusterAccess, timeoutMs?: number): Promise<LiveObject[]> {
    const config = kubeConfigOf(access);
    const all = Object.keys(worldKinds).map((kind) => listed(config, kind, timeoutMs));
    return (await Promise.all(all)).flat();
}

/**
 * One VirtualService, where a rollback can't wait for all that there is.
 *
 * @returns undefined where it is not there.
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function liveRoutes(access: ClusterAccess, namespace: string, name: string): Promise<Placed | undefined> {
    const api = kubeConfigOf(access).makeApiClient(CustomObjectsApi);
    const at = { group: "networking.istio.io", version: "v1", plural: "virtualservices", namespace, name };
    try {
        return placed("VirtualService", (await inTime(api.getNamespacedCustomObject(at))) as Body);
    } catch (error) {
        if ((error as { code?: number }).code === 404) return undefined;
        throw error;
    }
}

/** An object of the world as the cluster has it, with the pods that are ready. */
export function placedLive(object: LiveObject): Placed {
    const { kind, metadata, spec, status } = object;
    const body = { metadata, spec, status } as unknown as Body;
    if (worldKinds[kind] !== "apps") return placed(kind, body);
    // The API server leaves out a count of none.
    return placed(kind, body, { readyPods: readyIn(body) ?? 0 });
}

/**
 * All that decides who is served in a cluster.
 *
 * @throws when the cluster can't be reached, or forbids one of the kinds.
 */
export async function liveWorld(access: ClusterAccess): Promise<World> {
    return worldLive(await liveObjects(access));
}

/** The world of a cluster: all that there is, so that what is not in it is not there. */
export function worldLive(objects: readonly LiveObject[]): World {
    return { objects: objects.map(placedLive), isWhole: true };
}

/** Objects of one kind in all namespaces, as the API server sends them. */
async function listed(config: KubeConfig, kind: string, timeoutMs?: number): Promise<LiveObject[]> {
    const group = worldKinds[kind] ?? "";
    const plural = `${kind.toLowerCase()}s`;
    try {
        const answer =
            group === "core"
                ? services(config.makeApiClient(CoreV1Api))
                : objects(config.makeApiClient(CustomObjectsApi), group, plural);
        const items = await inTime(answer, timeoutMs);
        return items.map(({ metadata, spec, status }) => ({ kind, metadata, spec, status }));
    } catch (error) {
        // The kind is not known: no Istio, and so no routes.
        if (group === "networking.istio.io" && (error as { code?: number }).code === 404) return [];
        throw error;
    }
}

type Item = Omit<LiveObject, "kind">;

/** This way of asking gives objects as they are on the wire, also those for which the client has classes. */
async function objects(api: CustomObjectsApi, group: string, plural: string): Promise<Item[]> {
    const { items } = (await api.listClusterCustomObject({ group, version: "v1", plural })) as { items: Item[] };
    return items;
}

async function services(api: CoreV1Api): Promise<Item[]> {
    const { items } = await api.listServiceForAllNamespaces();
    // As on the wire: the client makes dates of times.
    return JSON.parse(JSON.stringify(items)) as Item[];
}

/** @throws when the answer takes longer than `timeoutMs` milliseconds. Default 10,000. */
async function inTime<T>(answer: Promise<T>, timeoutMs = defaultTimeoutMs): Promise<T> {
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
