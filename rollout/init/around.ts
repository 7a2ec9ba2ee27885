import { liveWorld } from "../../components/mesh/live";
import { podsSeen } from "../../components/mesh/podsSeen";
import type { ClusterAccess } from "../../components/mesh/client";
import type { PodSeen } from "../../components/traffic/split/served";
import { reading, type ServiceObject, type World, workloadsBehind } from "../../components/traffic/world/world";
import { readable, unreadable } from "../adopt/read";

/** What is there before anything is split. */
export interface Around {
    readonly world: World;
    readonly pods: readonly PodSeen[];
    /** The context in which it was read. */
    readonly context: string;
}

/** Reads a cluster. @throws when there is no kubeconfig for it, or it does not answer */
export async function lookAround(access: ClusterAccess): Promise<Around> {
    const context = readable(access).getCurrentContext();
    try {
        const [world, pods] = await Promise.all([liveWorld(access), podsSeen(access)]);
        return { world, pods, context };
    } catch (error) {
        throw unreadable(context, error as Error);
    }
}

/** The Services that have pods and no routes yet, those of the control planes left out. */
export function candidates(world: World, namespace?: string): ServiceObject[] {
    const { services, routesOf } = reading(world);
    return [...services.values()]
        .filter((one) => namespace === undefined || one.namespace === namespace)
        .filter((one) => !/^(kube-|istio-)/.test(one.namespace))
        .filter(({ host }) => !routesOf.has(host) && workloadsBehind(world, host).length > 0)
        .sort((one, other) => (one.host < other.host ? -1 : 1));
}
