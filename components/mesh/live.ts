import { otherPods, placed, type Placed, worldKinds } from "../traffic/world/objects";
import { once } from "../traffic/world/once";
import type { Body } from "../traffic/world/values";
import type { World } from "../traffic/world/world";
import { readyIn } from "../traffic/world/workloads";
import { type Api, ApiError, pathTo } from "./api";
import { apiOf, type ClusterAccess } from "./client";
import type { LiveObject } from "./liveObject";
import { podsBesides } from "./livePods";

/** How long an API server may take to answer before it counts as unreachable, in milliseconds. */
const defaultTimeoutMs = 10_000;

/**
 * What the cluster has of the kinds that decide who is served by what, in all namespaces: VirtualServices, DestinationRules,
 * Services, Deployments, StatefulSets and DaemonSets, asked for side by side; and the pods of Services that none of these has pods for.
 *
 * @param timeoutMs how long it may take, in milliseconds. Default 10,000.
 * @throws when the cluster can't be reached, or forbids one of them: half of it would be taken for all.
 */
export async function liveObjects(access: ClusterAccess, timeoutMs = defaultTimeoutMs): Promise<LiveObject[]> {
    const api = apiOf(access);
    const all = Object.keys(worldKinds).map((kind) => listed(api, kind, timeoutMs));
    const objects = (await Promise.all(all)).flat();
    const pods = await podsBesides(api, worldLive(objects), timeoutMs);
    // The same list is the same world, which is read already.
    return pods.length > 0 ? [...objects, ...pods] : objects;
}

/**
 * One VirtualService, where a rollback can't wait for all that there is.
 *
 * @returns undefined where it is not there.
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function liveRoutes(access: ClusterAccess, namespace: string, name: string): Promise<Placed | undefined> {
    const kind = "VirtualService";
    try {
        const timeoutMs = defaultTimeoutMs;
        return placed(kind, await apiOf(access).get<Body>(placeOf(kind, namespace, name), { timeoutMs }));
    } catch (error) {
        if (error instanceof ApiError && error.code === 404) return undefined;
        throw error;
    }
}

/** An object of the world as the cluster has it, with the pods that are ready. */
export const placedLive = once(({ kind, metadata, spec, status }: LiveObject): Placed => {
    const body = { metadata, spec, status } as unknown as Body;
    if (worldKinds[kind] !== "apps" && kind !== otherPods) return placed(kind, body);
    // The API server leaves out a count of none.
    return placed(kind, body, { readyPods: readyIn(body) ?? 0 });
});

/**
 * All that decides who is served in a cluster.
 *
 * @throws when the cluster can't be reached, or forbids one of the kinds.
 */
export async function liveWorld(access: ClusterAccess): Promise<World> {
    return worldLive(await liveObjects(access));
}

/** The world of a cluster: all that there is, so that what is not in it is not there. */
export const worldLive = once((objects: readonly LiveObject[]): World => ({
    objects: objects.map(placedLive),
    isWhole: true,
}));

/** Objects of one kind in all namespaces, as the API server sends them. */
async function listed(api: Api, kind: string, timeoutMs: number): Promise<LiveObject[]> {
    try {
        const { items } = await api.get<{ items: Omit<LiveObject, "kind">[] }>(placeOf(kind), { timeoutMs });
        return items.map(({ metadata, spec, status }) => ({ kind, metadata, spec, status }));
    } catch (error) {
        // The kind is not known: no Istio, and so no routes.
        const isIstios = worldKinds[kind] === "networking.istio.io";
        if (isIstios && error instanceof ApiError && error.code === 404) return [];
        throw error;
    }
}

/** Where a kind of the world is asked for, or one object of it. */
export function placeOf(kind: string, namespace?: string, name?: string): string {
    return pathTo(worldKinds[kind] ?? "", "v1", `${kind.toLowerCase()}s`, namespace, name);
}
