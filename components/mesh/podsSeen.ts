import type { PodSeen } from "../traffic/split/served";
import { apiOf, type ClusterAccess } from "./client";
import { hasProxy } from "./convergence";
import { isRunning } from "./livePods";

/** The pods of a cluster that run or are about to, and are not on their way out. @throws when they can't be read */
export async function podsSeen(access: ClusterAccess): Promise<PodSeen[]> {
    const pods = await apiOf(access).pods();
    return pods.filter(isRunning).map((pod) => ({
        namespace: pod.metadata?.namespace ?? "",
        labels: pod.metadata?.labels ?? {},
        hasProxy: hasProxy(pod) || isAboutToHaveOne(pod),
    }));
}

/** A pod that begins has its proxy in its spec before it runs. */
function isAboutToHaveOne({ spec }: Parameters<typeof hasProxy>[0]): boolean {
    return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].some(({ name }) => name === "istio-proxy");
}
