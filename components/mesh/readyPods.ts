import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import { ObjectCoreV1Api as CoreV1Api } from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import { serviceNamed } from "../traffic/world/hosts";
import type { MeshAccess } from "../split/meshAccess";
import type { VersionDestination } from "../traffic/judge/serviceTraffic";
import { selects } from "../traffic/world/values";
import type { VersionName } from "../traffic/split/weights";
import { kubeConfigOf } from "./client";
import { inTime } from "./live";

/** Counts the ready pods of a service's versions. @throws when the cluster can't be reached, or forbids it. */
export type PodCounter = (destinations: readonly VersionDestination[]) => Promise<Record<VersionName, number>>;

/**
 * Ready pods by version, whatever tells versions apart: those that a version's Service selects, and of these, where it is a
 * subset, the ones with its label. A Service that is not there has none. The counter is asked for destinations as the applied
 * routes lead there: what they are to be is not what serves now. It looks at each namespace once.
 */
export function podCounter(access: MeshAccess): PodCounter {
    const api = kubeConfigOf(access).makeApiClient(CoreV1Api as never) as CoreV1Api;
    const seen = new Map<string, ReturnType<typeof podsOf>>();
    const look = (namespace: string): ReturnType<typeof podsOf> => {
        const pods = seen.get(namespace) ?? podsOf(api, namespace);
        seen.set(namespace, pods);
        return pods;
    };
    const readyFor = async ({ host, subset }: VersionDestination): Promise<number> => {
        const service = serviceNamed(host);
        if (!service) return 0;
        const { selectors, ready } = await look(service.namespace);
        const selector = selectors.get(service.name);
        const wanted = { ...selector, ...(subset !== undefined && { version: subset }) };
        return selector ? ready.filter((labels) => selects(wanted, labels)).length : 0;
    };
    return async (destinations) => {
        const counted = destinations.map(async (one) => [one.version, await readyFor(one)] as const);
        return Object.fromEntries(await Promise.all(counted));
    };
}

type Labels = Readonly<Record<string, string>>;

/** What the Services of a namespace select, by their names, and the labels of its ready pods. */
async function podsOf(
    api: CoreV1Api,
    namespace: string,
): Promise<{ selectors: ReadonlyMap<string, Labels>; ready: readonly Labels[] }> {
    const [services, pods] = await inTime(
        Promise.all([api.listNamespacedService({ namespace }), api.listNamespacedPod({ namespace })]),
    );
    return {
        selectors: new Map(services.items.map(({ metadata, spec }) => [metadata?.name ?? "", spec?.selector ?? {}])),
        ready: pods.items.filter(isReady).map(({ metadata }) => metadata?.labels ?? {}),
    };
}

function isReady(pod: V1Pod): boolean {
    if (pod.metadata?.deletionTimestamp) return false;
    return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}
