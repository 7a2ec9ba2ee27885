import { ObjectCoreV1Api as CoreV1Api } from "@kubernetes/client-node/dist/gen/types/ObjectParamAPI.js";
import { setTimeout as after } from "node:timers/promises";
import type { MeshAccess } from "../split/meshAccess";
import { kubeConfigOf } from "./client";

/** How long between two looks at the pods, in milliseconds. */
const pause = 250;

/**
 * Waits until no pod with these labels is on its way out. A Deployment counts as changed while its old pods still drain,
 * and those still call others: what only they need may go after them, and not before.
 *
 * @throws after `timeoutSeconds`, naming the pods.
 */
export async function waitForTerminating(
    mesh: MeshAccess,
    namespace: string,
    labels: Readonly<Record<string, string>>,
): Promise<void> {
    const api = kubeConfigOf(mesh).makeApiClient(CoreV1Api);
    const labelSelector = Object.entries(labels)
        .map(([name, value]) => `${name}=${value}`)
        .join(",");
    const seconds = mesh.timeoutSeconds ?? 60;
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const { items } = await api.listNamespacedPod({ namespace, labelSelector });
        const leaving = items.filter((pod) => pod.metadata?.deletionTimestamp).map((pod) => pod.metadata?.name);
        if (leaving.length === 0) return;
        if (Date.now() > deadline) throw new Error(`Pods do not end in ${seconds} s: ${leaving.join(", ")}`);
        await after(pause);
    }
}
