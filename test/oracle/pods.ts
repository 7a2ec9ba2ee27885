import type { Labels, ServiceSpec, WorkloadSpec, WorkloadStatus } from "./istio";
import { idOf, ofKind, templateHash, type Manifest, type World } from "./manifest";
import { selects } from "./names";

/** Pods of one workload: they run the same template. */
export interface Pods {
    /** `namespace/name`. */
    readonly workload: string;
    /** Of the pod template. */
    readonly template: string;
    /** Their `version` label; "" where they have none. */
    readonly version: string;
    /** How many of them take requests. */
    readonly ready: number;
}

/** The pods behind a Service that take requests; with a subset's labels, those that have them. */
export function readyPods(world: World, service: Manifest<ServiceSpec>, labels: Labels = {}): Pods[] {
    const { namespace } = service.metadata;
    const selector = service.spec.selector ?? {};
    // Kubernetes makes no endpoints for a Service without a selector.
    if (Object.keys(selector).length === 0) return [];
    return allPods(world)
        .filter(({ home, own }) => home === namespace && selects(selector, own) && selects(labels, own))
        .map(({ pods }) => pods)
        .filter(({ ready }) => ready > 0);
}

interface Found {
    readonly home: string;
    readonly own: Labels;
    readonly pods: Pods;
}

function allPods(world: World): Found[] {
    const workloads = (["Deployment", "StatefulSet", "DaemonSet"] as const).flatMap((kind) =>
        ofKind(world, kind).map((workload) => found(workload, workload.spec.template, readyOf(workload))),
    );
    const bare = ofKind(world, "Pod").map((pod) => {
        const ready = pod.status?.conditions?.find(({ type }) => type === "Ready")?.status ?? "True";
        return found(pod, { metadata: { labels: pod.metadata.labels }, spec: pod.spec }, ready === "True" ? 1 : 0);
    });
    return [...workloads, ...bare];
}

function found(workload: Manifest, template: WorkloadSpec["template"], ready: number): Found {
    const own = template.metadata?.labels ?? {};
    return {
        home: workload.metadata.namespace,
        own,
        pods: { workload: idOf(workload), template: templateHash(template), version: own.version ?? "", ready },
    };
}

/** As the status tells it; where there is none yet, all that are asked for: a proposal is judged by what it wants. */
function readyOf({ spec, status }: Manifest<WorkloadSpec, WorkloadStatus>): number {
    const wanted = spec.replicas ?? 1;
    if (!status) return wanted;
    if (status.numberReady !== undefined) return status.numberReady;
    // Kubernetes leaves a zero out. Pods beyond the wanted number are on their way out.
    return Math.min(status.readyReplicas ?? 0, wanted);
}
