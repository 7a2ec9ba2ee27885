import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import { ObjectCoreV1Api as CoreV1Api } from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import { serviceNamed } from "../traffic/hosts";
import type { MeshAccess } from "../traffic/meshAccess";
import type { VersionDestination } from "../traffic/serviceTraffic";
import { selects } from "../traffic/values";
import type { VersionName } from "../traffic/weights";
import { kubeConfigOf } from "./api";
import { inTime } from "./live";

/**
 * Ready pods by version, whatever tells versions apart: those that a version's Service selects, and of these, where it is a
 * subset, the ones with its label. A Service that is not there has none.
 *
 * @param destinations as the applied routes lead there: what they are to be is not what serves now.
 * @throws when the cluster can't be reached, or forbids it.
 */
export async function readyPods(
    access: MeshAccess,
    destinations: readonly VersionDestination[],
): Promise<Record<VersionName, number>> {
    const api = kubeConfigOf(access).makeApiClient(CoreV1Api as never) as CoreV1Api;
    const namespaces = new Set(destinations.flatMap(({ host }) => serviceNamed(host)?.namespace ?? []));
    const there = new Map(
        await Promise.all([...namespaces].map(async (namespace) => [namespace, await podsOf(api, namespace)] as const)),
    );
    return Object.fromEntries(
        destinations.map(({ version, host, subset }) => {
            const { name = "", namespace = "" } = serviceNamed(host) ?? {};
            const { selectors, ready } = there.get(namespace) ?? { selectors: new Map<string, Labels>(), ready: [] };
            const wanted = { ...selectors.get(name), ...(subset !== undefined && { version: subset }) };
            const count = selectors.has(name) ? ready.filter((labels) => selects(wanted, labels)).length : 0;
            return [version, count];
        }),
    );
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
