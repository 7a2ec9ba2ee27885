import { followPods } from "./followPods";
import { readyPodsIfKnown } from "./pods";
import { kubeconfigOf, readRecord, writeRecord, type RecordedTarget } from "./record";
import type { Progress } from "./target";

/** Keeps in mind which pods are ready, before a cluster is stopped. */
export async function recordPods(target: RecordedTarget, cluster: string, context: string): Promise<void> {
    const record = readRecord(target, cluster);
    if (record)
        writeRecord(target, cluster, {
            ...record,
            pods: await readyPodsIfKnown(kubeconfigOf(target, cluster), context),
        });
}

/**
 * Waits for the pods that were ready before a cluster was stopped: those that we found then, and, where it was stopped by
 * somebody else, those that it still calls ready itself.
 *
 * @param began when it was started again, in milliseconds since the epoch
 */
export async function followRecorded(
    target: RecordedTarget,
    cluster: string,
    context: string,
    began: number,
    onProgress: (progress: Progress) => void,
): Promise<void> {
    const kubeconfig = kubeconfigOf(target, cluster);
    const known = readRecord(target, cluster)?.pods ?? [];
    const pods = [...new Set([...known, ...(await readyPodsIfKnown(kubeconfig, context))])];
    await followPods({ cluster, kubeconfig, context, began, pods }, onProgress);
}
