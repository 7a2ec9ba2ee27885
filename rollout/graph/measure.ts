import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import { setTimeout as after } from "node:timers/promises";
import { Api } from "../../components/mesh/api";
import { kubeConfigOf } from "../../components/mesh/client";
import { hasProxy } from "../../components/mesh/convergence";
import { ProxyAdmin } from "../../components/mesh/proxies/admin";
import { isCounting } from "../../components/mesh/proxies/statistics";
import type { MeshAccess } from "../../components/split/meshAccess";
import { countersIn, statsPath, type Workload } from "./counters";
import { graphBetween, type ProxyReading, serviceIdOf, type TrafficGraph, withVersions } from "./graph";

/** A graph with what could not be measured. */
export interface Measured extends TrafficGraph {
    /** Proxies that keep no counts per destination, as `pod.namespace`: what they send is not in the graph. */
    readonly silent: readonly string[];
}

/** Proxies send to it themselves (traces), and what people look at there is no traffic of the system. */
const meshNamespace = "istio-system";

/**
 * Counts for a while who calls whom: every proxy of the mesh is asked at the beginning and at the end what it has sent.
 *
 * @param during what to wait for between the two readings; the window is as long as it takes.
 * @throws when the cluster or a proxy that is not on its way out does not answer.
 */
export async function measureGraph(mesh: MeshAccess, during: () => Promise<unknown>): Promise<Measured> {
    const config = kubeConfigOf(mesh);
    const api = new Api(config);
    const admins = new Map<string, ProxyAdmin>();
    const read = async (): Promise<{ at: number; silent: string[]; readings: ProxyReading[] }> => {
        const pods = await api.pods();
        const versionsOf = versionsIn(pods);
        const at = performance.now();
        const found = await Promise.all(
            pods.filter(hasProxy).map(async (pod) => {
                const id = `${pod.metadata?.name}.${pod.metadata?.namespace}`;
                const admin = admins.get(id) ?? new ProxyAdmin(config, proxyOf(pod));
                admins.set(id, admin);
                const stats = await askIfThere(api, pod, admin);
                if (stats === undefined) return [];
                const reading = { pod: id, from: workloadOf(pod), counters: countersIn(stats) };
                return [{ reading, isSilent: reading.counters.length === 0 && !isCounting(pod.metadata?.annotations) }];
            }),
        ).then((each) => each.flat());
        const silent = found.filter(({ isSilent }) => isSilent).map(({ reading }) => reading.pod);
        const readings = found.map(({ reading }) => reading);
        return { at, silent, readings: withVersions(readings, versionsOf) };
    };
    try {
        const begin = await read();
        await during();
        const end = await read();
        const seconds = (end.at - begin.at) / 1000;
        const graph = graphBetween(begin.readings, end.readings, seconds, (to) => to.namespace !== meshNamespace);
        return { ...graph, silent: end.silent };
    } finally {
        admins.forEach((admin) => admin.close());
    }
}

/** The same for a number of seconds. */
export function measureGraphFor(mesh: MeshAccess, seconds: number): Promise<Measured> {
    return measureGraph(mesh, () => after(seconds * 1000));
}

/** @returns undefined for a pod that has gone since it was listed. */
async function askIfThere(api: Api, pod: V1Pod, admin: ProxyAdmin): Promise<unknown> {
    try {
        return await admin.get(statsPath);
    } catch (error) {
        const { namespace, pod: name } = proxyOf(pod);
        const now = await api.pod(namespace, name).catch(() => undefined);
        if (!now || !hasProxy(now)) return undefined;
        throw new Error(`The proxy of ${name}.${namespace} does not answer: ${(error as Error).message}`, {
            cause: error,
        });
    }
}

function proxyOf(pod: V1Pod): { namespace: string; pod: string } {
    return { namespace: pod.metadata?.namespace ?? "", pod: pod.metadata?.name ?? "" };
}

/** A workload's name and version as every VersionedService labels its pods. */
function workloadOf(pod: V1Pod): Workload {
    const { app, version = "" } = pod.metadata?.labels ?? {};
    const { namespace, pod: name } = proxyOf(pod);
    return { namespace, service: app ?? name, version };
}

function versionsIn(pods: readonly V1Pod[]): (service: Workload) => string[] {
    const versions = new Map<string, Set<string>>();
    for (const workload of pods.filter(hasProxy).map(workloadOf)) {
        const id = serviceIdOf(workload);
        versions.set(id, (versions.get(id) ?? new Set()).add(workload.version));
    }
    return (service) => [...(versions.get(serviceIdOf(service)) ?? [])];
}
