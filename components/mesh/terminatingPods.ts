import { setTimeout as after } from "node:timers/promises";
import type { MeshAccess } from "../split/meshAccess";
import { apiOf } from "./client";

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
    const api = apiOf(mesh);
    const seconds = mesh.timeoutSeconds ?? 60;
    const deadline = Date.now() + seconds * 1000;
    for (;;) {
        const pods = await api.pods(namespace, labels);
        const leaving = pods.filter((pod) => pod.metadata?.deletionTimestamp).map((pod) => pod.metadata?.name);
        if (leaving.length === 0) return;
        if (Date.now() > deadline) throw new Error(`Pods do not end in ${seconds} s: ${leaving.join(", ")}`);
        await after(pause);
    }
}
