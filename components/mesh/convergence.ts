import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import { setTimeout as after } from "node:timers/promises";
import type { MeshAccess } from "../split/meshAccess";
import type { VirtualServiceInputs } from "../traffic/split/routes";
import { fullHost } from "../traffic/world/hosts";
import { within } from "../within";
import { type CallerProxy, Callers } from "./proxies/callers";
import { callerRules, endpointsIn, nameOf, rulesIn, rulesOf, servingClusters } from "./proxies/envoyConfig";

/** How long connections to the proxies stay open for the next question, in milliseconds: from before the routes are written to after it. */
const betweenQuestionsMs = 2_000;

/** How long between two questions to a proxy that is not there yet, in milliseconds: istiod waits 100 ms before it tells of a change. */
const pause = 40;

/**
 * Waits until every proxy that has routes for the service also knows the destinations that the new routes lead to, each
 * with an endpoint.
 *
 * @throws after `timeoutSeconds`, naming each proxy and what it lacks.
 */
export async function waitForDestinations(mesh: MeshAccess, service: VirtualServiceInputs): Promise<void> {
    const wanted = servingClusters(service.spec, service.metadata.namespace);
    const hosts = [...new Set(wanted.map(({ host }) => host))];
    const lacks = async (proxy: CallerProxy): Promise<string | undefined> => {
        const lacking: string[] = [];
        for (const host of hosts) {
            const known = endpointsIn(await proxy.endpoints(host), host);
            // A proxy whose Sidecar resource leaves the service out knows none of it.
            if (known.size === 0) continue;
            lacking.push(...wanted.filter((one) => one.host === host && !known.get(one.subset)).map(nameOf));
        }
        return lacking.length === 0 ? undefined : `has no endpoint of ${lacking.join(", ")}`;
    };
    await everyProxy(mesh, callersOf(service), wanted.map(nameOf).join(", "), lacks, betweenQuestionsMs);
}

/**
 * Opens the connections to the proxies that will be waited for, which takes most of the time of a first question; those that are open
 * for another service are left alone, and those that can't be reached to whoever waits for them.
 *
 * @returns once all are asked for; they open while something else is done.
 */
export function openProxies(mesh: MeshAccess, service: VirtualServiceInputs): Promise<void> {
    const host = fullHost(service.spec.hosts[0] ?? "", service.metadata.namespace);
    return new Promise((resolve) => {
        const open = async (callers: Callers): Promise<void> => {
            const all = (await callers.pods()).filter(callersOf(service));
            const asked = all.filter((pod) => !callers.isKnown(pod)).map((pod) => callers.proxyOf(pod).endpoints(host));
            resolve();
            await Promise.allSettled(asked);
        };
        Callers.during(mesh, open, betweenQuestionsMs).catch(() => resolve());
    });
}

/**
 * Waits until every proxy that calls the service routes as its VirtualService says.
 *
 * @throws after `timeoutSeconds`, naming each proxy and what it has instead.
 */
export async function waitForRoutes(mesh: MeshAccess, service: VirtualServiceInputs): Promise<void> {
    const { metadata, spec } = service;
    // Connections are in listeners, which say nothing of the VirtualService that they come from.
    if (!spec.http) return;
    const wanted = rulesOf(spec, metadata.namespace).join("; ");
    const host = fullHost(spec.hosts[0] ?? "", metadata.namespace);
    await everyProxy(mesh, callersOf(service), `the routes of ${host}`, async (proxy) => {
        const other = rulesIn(await proxy.routes(), host, callerRules(spec))
            .map((rules) => rules.join("; "))
            .find((rules) => rules !== wanted);
        return other === undefined ? undefined : `has ${other}`;
    });
}

/** Whether a proxy is one that the VirtualService is for: the gateways it names, or everybody in the mesh. */
function callersOf({ spec }: VirtualServiceInputs): (pod: V1Pod) => boolean {
    const isForMesh = !spec.gateways || spec.gateways.includes("mesh");
    return (pod) => hasProxy(pod) && (isForMesh || isGateway(pod));
}

function isGateway(pod: V1Pod): boolean {
    return (pod.spec?.containers ?? []).some(({ name, args }) => name === "istio-proxy" && args?.includes("router"));
}

/**
 * @param lacks says what a proxy lacks; undefined when it is as wanted.
 * @param lingerMs how long connections stay open then, in milliseconds.
 */
async function everyProxy(
    mesh: MeshAccess,
    isMeant: (pod: V1Pod) => boolean,
    what: string,
    lacks: (proxy: CallerProxy) => Promise<string | undefined>,
    lingerMs?: number,
): Promise<void> {
    const seconds = mesh.timeoutSeconds ?? 60;
    const deadline = Date.now() + seconds * 1000;
    const late = await Callers.during(
        mesh,
        async (callers) =>
            Promise.all(
                (await callers.pods()).filter(isMeant).map(async (pod) => {
                    const lack = await waitForProxy(callers, pod, deadline, lacks);
                    return lack && `  ${pod.metadata?.name}.${pod.metadata?.namespace} ${lack}`;
                }),
            ),
        lingerMs,
    );
    const named = late.filter((line) => line !== undefined);
    if (named.length > 0)
        throw new Error(
            `${named.length} of ${late.length} proxies do not know ${what} after ${seconds} s:\n${named.join("\n")}`,
        );
}

async function waitForProxy(
    callers: Callers,
    pod: V1Pod,
    deadline: number,
    lacks: (proxy: CallerProxy) => Promise<string | undefined>,
): Promise<string | undefined> {
    const proxy = callers.proxyOf(pod);
    for (;;) {
        let lack: string | undefined;
        try {
            // One that stands still is not to be waited for any longer than one that is late.
            lack = await within(Math.max(0, deadline - Date.now()) / 1000, lacks(proxy));
            if (lack === undefined) return undefined;
        } catch (error) {
            // A pod that is leaving serves no new requests: nobody waits for it.
            const now = await callers.pod(pod);
            if (!now || !hasProxy(now)) return undefined;
            lack = `does not answer: ${(error as Error).message}`;
        }
        if (Date.now() > deadline) return lack;
        await after(pause);
    }
}

/** Whether a proxy of the mesh runs in the pod and the pod is not on its way out. As sidecar it is an init container, or a plain one of older meshes. */
export function hasProxy(pod: V1Pod): boolean {
    if (pod.metadata?.deletionTimestamp) return false;
    const containers = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
    return containers.some(
        (container) => container.name === "istio-proxy" && container.state?.running && container.ready,
    );
}
