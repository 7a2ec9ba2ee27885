import { CoreV1Api, type KubeConfig, type V1ContainerStatus, type V1Pod } from "@kubernetes/client-node";
import { kubeConfigOf } from "../components/mesh/client";

/** A pod that was there and is not ready again, and the reason as far as Kubernetes says one. */
export interface LatePod {
    /** As `namespace/name`. */
    readonly pod: string;
    readonly why: string;
}

/**
 * The pods that are ready by the cluster's own word. Asked before the kubelet starts, that is how they were before the
 * cluster was stopped.
 *
 * @returns their names, as `namespace/name`
 */
export async function readyPods(config: KubeConfig, options?: object): Promise<string[]> {
    const { items } = await config.makeApiClient(CoreV1Api).listPodForAllNamespaces({}, options);
    return items.filter((pod) => isReady(pod) && !pod.metadata?.deletionTimestamp).map(nameOf);
}

/** The pods that are ready now; none where the cluster does not answer within five seconds. */
export async function readyPodsIfKnown(kubeconfig: string, context: string): Promise<string[]> {
    try {
        return await readyPods(kubeConfigOf({ kubeconfig, context }), {
            middleware: [],
            signal: AbortSignal.timeout(5000),
        });
    } catch {
        return [];
    }
}

/**
 * Which of the pods that were there are not ready again.
 *
 * A pod's word of its readiness stays when the cluster is stopped, so it counts only together with containers that began
 * since. A pod that is gone, or being deleted, is not waited for: whatever replaced it was not there before.
 *
 * @param expected names, as `namespace/name`
 * @param pods all pods that there are now
 * @param since when the cluster was started, in milliseconds since the epoch
 */
export function latePods(expected: readonly string[], pods: readonly V1Pod[], since: number): LatePod[] {
    return pods
        .filter((pod) => expected.includes(nameOf(pod)) && !pod.metadata?.deletionTimestamp)
        .flatMap((pod) => {
            const why = whyNotReady(pod, since);
            return why === undefined ? [] : [{ pod: nameOf(pod), why }];
        });
}

/**
 * Why a pod is not ready, as far as Kubernetes says it.
 *
 * @param since when its containers must have begun at the earliest, in milliseconds since the epoch. Default: at any time
 * @returns undefined when the pod is ready, with containers that run since then
 */
export function whyNotReady(pod: V1Pod, since = 0): string | undefined {
    const { containerStatuses = [], initContainerStatuses = [], conditions = [] } = pod.status ?? {};
    const scheduled = conditions.find(({ type }) => type === "PodScheduled");
    if (scheduled?.status === "False")
        return `no node takes it: ${scheduled.message ?? scheduled.reason ?? "no reason"}`;
    const containers = [...initContainerStatuses, ...containerStatuses];
    const stopped = containers.map(whyStopped).find((reason) => reason !== undefined);
    if (stopped) return stopped;
    // One that is to go on and ends without an error is started again and again all the same.
    const ended = containerStatuses.find(({ state, restartCount }) => state?.terminated && restartCount > 0);
    if (ended)
        return `container ${ended.name} ended with exit code ${ended.state?.terminated?.exitCode}${said(ended.state?.terminated?.reason)}, for the ${ended.restartCount}. time`;
    const old = containerStatuses.find((container) => !beganSince(container, since));
    if (old) return `container ${old.name} was not started again yet`;
    if (isReady(pod)) return undefined;
    const unready = containerStatuses.find(({ ready }) => !ready);
    return unready ? `container ${unready.name} runs, and says that it is not ready` : "it says that it is not ready";
}

/** Why a container does not run; undefined when it does, or has done what it was for. */
function whyStopped({ name, state, lastState }: V1ContainerStatus): string | undefined {
    const { waiting, terminated } = state ?? {};
    if (terminated && terminated.exitCode !== 0)
        return `container ${name} ended with exit code ${terminated.exitCode}${said(terminated.reason)}`;
    if (!waiting || waiting.reason === "PodInitializing") return undefined;
    const before = lastState?.terminated;
    const ended = before ? `, its last exit code was ${before.exitCode}` : "";
    return `container ${name} waits${said(waiting.reason)}${ended}`;
}

const said = (reason: string | undefined): string => (reason ? ` (${reason})` : "");

function beganSince({ state }: V1ContainerStatus, since: number): boolean {
    // The API's times have whole seconds.
    return (state?.running?.startedAt?.getTime() ?? 0) >= Math.floor(since / 1000) * 1000;
}

function isReady(pod: V1Pod): boolean {
    return pod.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;
}

/** `namespace/name`. */
export function nameOf({ metadata }: V1Pod): string {
    return `${metadata?.namespace}/${metadata?.name}`;
}
