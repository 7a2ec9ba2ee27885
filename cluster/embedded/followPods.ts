import type { V1Pod, V1Service } from "@kubernetes/client-node";
import * as net from "node:net";
import { followPods as follow } from "../followPods";
import type { LatePod } from "../pods";
import type { Progress } from "./follow";
import { clusterDir, contextOf, nodePorts, type HostPorts } from "./layout";
import { readState } from "./state";

/**
 * Waits until the pods that were ready before a cluster was stopped are ready again, and the gateway's ports lead to it.
 *
 * @param limits default: three minutes, and a line each ten seconds
 */
export async function followPods(
    name: string,
    onProgress: (progress: Progress) => void,
    limits?: { timeoutMs: number; tellEvery: number },
): Promise<void> {
    const state = readState(name);
    const began = state?.steps[0]?.began;
    if (state === undefined || began === undefined) return;
    const { ports, pods = [] } = state;
    const more = (services: V1Service[], all: V1Pod[]): Promise<LatePod[]> => closedPorts(ports, services, all);
    const where = { kubeconfig: clusterDir(name, "kubeconfig"), context: contextOf(name) };
    await follow({ cluster: name, ...where, began, pods, more }, onProgress, limits);
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
