import { Collection } from "../../plugins/kubernetes/await/collection";
import { ApiClient } from "../../plugins/kubernetes/client";
import { readConfig } from "../../plugins/kubernetes/config";
import { Discovery } from "../../plugins/kubernetes/discovery";
import { at, nameOf, objectsAt, stringAt } from "../../plugins/kubernetes/objects";
import type { Properties } from "../../plugins/kubernetes/values";
import type { TestCluster } from "./apiserver";

const nodeName = "played";

/**
 * Does for the pods of a namespace what the scheduler and a kubelet would: a pod whose images are there is ready at once, or has
 * succeeded if it is not to be restarted; others wait for their image; deleted ones end at once.
 *
 * @param images all there are.
 * @returns how to stop it. @throws there, what has failed meanwhile
 */
export async function playNode(
    cluster: TestCluster,
    namespace: string,
    images: readonly string[],
): Promise<() => Promise<void>> {
    await cluster.request("POST", "/api/v1/nodes", { metadata: { name: nodeName } });
    const stopping = new AbortController();
    const client = new ApiClient(readConfig({ kubeconfig: cluster.kubeconfig }));
    const around = { client, discovery: new Discovery(client), cancelled: stopping.signal, status: () => undefined };
    const pods = new Collection({ apiVersion: "v1", kind: "Pod", namespace }, around, stopping.signal);
    const turns = new Map<string, Promise<void>>();

    /** Each pod has two turns, to start and to end, one after the other. */
    const turn = (pod: Properties): void => {
        const uid = stringAt(pod, "metadata", "uid");
        const [start, end] = [`${uid} start`, `${uid} end`];
        if (!turns.has(start)) turns.set(start, startPod(cluster, pod, images));
        if (at(pod, "metadata", "deletionTimestamp") && !turns.has(end))
            turns.set(
                end,
                (turns.get(start) ?? Promise.resolve()).then(() => endPod(cluster, pod)),
            );
        // What fails is told when the node is stopped.
        for (const one of turns.values()) one.catch(() => undefined);
    };
    const following = pods.follow(() => pods.objects.forEach(turn));
    return async () => {
        stopping.abort();
        await Promise.all([following, ...turns.values()]);
    };
}

async function startPod(cluster: TestCluster, pod: Properties, images: readonly string[]): Promise<void> {
    const target = { kind: "Node", name: nodeName };
    const gone = { accept: [404, 409] };
    await cluster.request("POST", `${pathOf(pod)}/binding`, { metadata: { name: nameOf(pod) }, target }, gone);
    await cluster.request(
        "PATCH",
        `${pathOf(pod)}/status`,
        { status: statusOf(pod, images) },
        { ...gone, contentType: "application/merge-patch+json" },
    );
}

async function endPod(cluster: TestCluster, pod: Properties): Promise<void> {
    await cluster.request("DELETE", pathOf(pod), { gracePeriodSeconds: 0 }, { accept: [404] });
}

/** What a kubelet would say of a pod. */
function statusOf(pod: Properties, images: readonly string[]): Properties {
    const containers = objectsAt(pod, "spec", "containers");
    const missing = containers.filter((container) => !images.includes(stringAt(container, "image")));
    if (missing.length) {
        const names = missing.map((container) => stringAt(container, "name")).join(", ");
        return {
            phase: "Pending",
            conditions: [{ type: "Ready", status: "False", message: `containers with unready status: [${names}]` }],
            containerStatuses: missing.map((container) => waitingForImage(container)),
        };
    }
    if (stringAt(pod, "spec", "restartPolicy") === "Never") return { phase: "Succeeded" };
    const podIP = "10.9.9.9";
    return { phase: "Running", podIP, podIPs: [{ ip: podIP }], conditions: [{ type: "Ready", status: "True" }] };
}

function waitingForImage(container: Properties): Properties {
    const image = stringAt(container, "image");
    const message = `Container image "${image}" is not present with pull policy of Never`;
    return {
        name: stringAt(container, "name"),
        image,
        imageID: "",
        ready: false,
        restartCount: 0,
        state: { waiting: { reason: "ErrImageNeverPull", message } },
    };
}

function pathOf(pod: Properties): string {
    return `/api/v1/namespaces/${stringAt(pod, "metadata", "namespace")}/pods/${nameOf(pod)}`;
}
