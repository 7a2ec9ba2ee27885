import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";
import { childNamespace, hostPids, livePid } from "./identity";
import { clusterDir, type HostPorts } from "./layout";
import { readState, type PartStatus, type Phase } from "./state";

/** How a cluster is, for people and programs. */
export interface ClusterStatus {
    name: string;
    phase: Phase;
    error?: string | undefined;
    ports: HostPorts;
    kubeconfig: string;
    /** The kubelet's word; undefined when the API server does not answer. */
    nodeReady?: boolean | undefined;
    versions: Record<string, string>;
    parts: PartReport[];
}

/** One of the cluster's processes. */
export interface PartReport extends Omit<PartStatus, "since"> {
    /** Its number on this machine. */
    pid?: number | undefined;
    /** Seconds since its last start. */
    uptime?: number | undefined;
}

/** @returns undefined when there is no such cluster here, running or stopped */
export async function clusterStatus(name: string): Promise<ClusterStatus | undefined> {
    const state = readState(name);
    if (state === undefined) return undefined;
    const { phase, error, ports, versions } = state;
    const common = { name, error, ports, versions, kubeconfig: clusterDir(name, "kubeconfig") };
    const pid = livePid(state.process);
    if (pid === undefined) {
        const parts = state.parts.map(({ name, restarts, lastExit }) => ({
            name,
            state: "stopped" as const,
            restarts,
            lastExit,
        }));
        return { ...common, phase: "stopped", parts };
    }
    const namespace = childNamespace(pid);
    const pids = namespace === undefined ? new Map<number, number>() : hostPids(namespace);
    const parts = state.parts.map(({ since, ...part }) => ({
        ...part,
        pid: pids.get(part.pid ?? 0),
        uptime: part.pid === undefined || since === undefined ? undefined : Math.round((Date.now() - since) / 1000),
    }));
    return { ...common, phase, parts, nodeReady: await nodeIsReady(name) };
}

/** @returns undefined when the API server does not answer within two seconds */
async function nodeIsReady(name: string): Promise<boolean | undefined> {
    try {
        const config = new KubeConfig();
        config.loadFromFile(clusterDir(name, "kubeconfig"));
        const options = { middleware: [], signal: AbortSignal.timeout(2000) };
        const node = await config.makeApiClient(CoreV1Api).readNode({ name }, options);
        return node.status?.conditions?.some((condition) => condition.type === "Ready" && condition.status === "True");
    } catch {
        return undefined;
    }
}
