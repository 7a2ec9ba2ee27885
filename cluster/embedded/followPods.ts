import { CoreV1Api, KubeConfig, type V1Pod, type V1Service } from "@kubernetes/client-node";
import * as net from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { Progress } from "./follow";
import { clusterDir, nodePorts, type HostPorts } from "./layout";
import { latePods, type LatePod } from "./pods";
import { readState } from "./state";

/** Milliseconds after the cluster's start in which pods that were there must be ready again; and between two lines of progress. */
const limits = { timeoutMs: 180_000, tellEvery: 10_000 };

/**
 * Waits until the pods that were ready before a cluster was stopped are ready again, and the gateway's ports lead to it.
 *
 * That a pod does not come back is no failure of the cluster, and the next `pulumi up` may be what mends it: after three
 * minutes this says which, and why, and goes on. A cluster that has run for longer is only looked at.
 */
export async function followPods(
    name: string,
    onProgress: (progress: Progress) => void,
    { timeoutMs, tellEvery } = limits,
): Promise<void> {
    const state = readState(name);
    const began = state?.steps[0]?.began;
    const expected = state?.pods ?? [];
    if (state === undefined || began === undefined || expected.length === 0) return;
    const api = clientOf(name);
    const title = `${expected.length} pods that were there`;
    const asked = Date.now();
    for (let told = asked, begun = false; ;) {
        const late = await lateNow(api, expected, began, state.ports);
        if (late.length === 0) {
            if (begun) onProgress({ kind: "done", title, seconds: (Date.now() - asked) / 1000 });
            return;
        }
        if (Date.now() > began + timeoutMs) return onProgress({ kind: "note", text: tooLate(name, late, began) });
        if (!begun) onProgress({ kind: "begun", title });
        begun = true;
        if (Date.now() > told + tellEvery) {
            told = Date.now();
            onProgress({ kind: "note", text: `Not ready again yet: ${late.map(described).join("; ")}` });
        }
        await sleep(500);
    }
}

async function lateNow(api: CoreV1Api, expected: string[], since: number, ports: HostPorts): Promise<LatePod[]> {
    try {
        const options = { middleware: [], signal: AbortSignal.timeout(5000) } as object;
        const [{ items: pods }, { items: services }] = await Promise.all([
            api.listPodForAllNamespaces({}, options),
            api.listServiceForAllNamespaces({}, options),
        ]);
        const late = latePods(expected, pods, since);
        return late.length > 0 ? late : await closedPorts(ports, services, pods);
    } catch (error) {
        return [{ pod: "the API server", why: (error as Error).message }];
    }
}

/** The gateway's ports, where a Service with pods leads to them and nobody listens behind any yet: one may be unused. */
async function closedPorts(ports: HostPorts, services: V1Service[], pods: V1Pod[]): Promise<LatePod[]> {
    const used = (["https", "http"] as const).filter((role) =>
        services
            .filter(({ spec }) => spec?.ports?.some(({ nodePort }) => nodePort === nodePorts[role]))
            .some((service) => pods.some((pod) => selects(service, pod))),
    );
    const open = await Promise.all(used.map((role) => staysOpen(ports[role])));
    if (used.length === 0 || open.includes(true)) return [];
    const numbers = used.map((role) => ports[role]).join(" and ");
    return [{ pod: `the gateway (port ${numbers})`, why: "nobody listens behind it" }];
}

function selects({ metadata, spec }: V1Service, pod: V1Pod): boolean {
    const labels = pod.metadata?.labels ?? {};
    const selector = Object.entries(spec?.selector ?? {});
    const isHere = metadata?.namespace === pod.metadata?.namespace && selector.length > 0;
    return isHere && selector.every(([label, value]) => labels[label] === value);
}

/** The supervisor takes every connection, and drops at once those that lead nowhere. */
function staysOpen(port: number): Promise<boolean> {
    return new Promise((resolve) => {
        const connection = net.connect({ port, host: "127.0.0.1" });
        const answer = (isOpen: boolean): void => {
            connection.destroy();
            resolve(isOpen);
        };
        connection.on("connect", () => connection.setTimeout(300, () => answer(true)));
        connection.on("error", () => answer(false));
        connection.on("close", () => answer(false));
    });
}

function tooLate(name: string, late: readonly LatePod[], began: number): string {
    const list = late.map((one) => `\n    ${described(one)}`).join("");
    const seconds = Math.round((Date.now() - began) / 1000);
    return (
        `The cluster ${name} runs, and of the pods that were ready before it was stopped, these are not, ${seconds} s after its start:${list}\n` +
        `  fix: see what they say: kubectl --kubeconfig ${clusterDir(name, "kubeconfig")} describe pod --namespace NAMESPACE NAME`
    );
}

const described = ({ pod, why }: LatePod): string => `${pod}: ${why}`;

function clientOf(name: string): CoreV1Api {
    const config = new KubeConfig();
    config.loadFromFile(clusterDir(name, "kubeconfig"));
    return config.makeApiClient(CoreV1Api);
}
