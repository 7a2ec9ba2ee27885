import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { countingAnnotations } from "../mesh/proxies/statistics";
import { scaledElsewhere } from "../traffic/world/workloads";
import { configChecksum } from "./config";
import { podSpec, type PodSpecArgs } from "./podSpec";
import { servicePorts, usualPorts, type PortArgs } from "./ports";

/** What a Deployment that changes under traffic is made of. */
export interface RollingArgs {
    namespace: pulumi.Input<string>;
    /** The Deployment's name. */
    name: string;
    /** The labels that select its pods, which never change. */
    selector: Record<string, string>;
    /** Labels of its pods beside those, which may change. */
    labels?: Record<string, pulumi.Input<string>>;
    /** Annotations of its pods. */
    annotations?: Record<string, pulumi.Input<string>>;
    /** Pods; undefined where their number is somebody else's. */
    replicas: number | undefined;
    /** Seconds that a new pod must have been ready before it counts. Default 2. */
    minReadySeconds?: number | undefined;
    /** Pods beyond `replicas` while it changes: a number, or percent of them as text. Default 1. */
    maxSurge?: pulumi.Input<string | number>;
    pod: PodSpecArgs;
}

/** The annotation of pods with the checksum of the ConfigMaps and Secrets that they read. */
export const configAnnotation = "upshift.dev/config";

/**
 * A Deployment in which a pod leaves only when its successor has been ready for a while.
 *
 * @param resource whom warnings about its ConfigMaps and Secrets concern.
 */
export function rollingDeployment(args: RollingArgs, resource: pulumi.Resource): k8s.apps.v1.DeploymentArgs {
    const { namespace, name, selector, replicas, minReadySeconds = 2, maxSurge = 1, pod } = args;
    const labels = { ...args.labels, ...selector };
    const config = configChecksum(pod.config ?? [], name, resource);
    const annotations = {
        ...countingAnnotations(),
        ...(config && { [configAnnotation]: config }),
        ...args.annotations,
    };
    return {
        metadata: {
            namespace,
            name,
            labels: selector,
            ...(replicas === undefined && { annotations: { [scaledElsewhere]: "true" } }),
        },
        spec: {
            ...(replicas !== undefined && { replicas }),
            revisionHistoryLimit: 3,
            strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge } },
            minReadySeconds,
            selector: { matchLabels: selector },
            template: { metadata: { labels, annotations }, spec: podSpec(pod) },
        },
    };
}

/**
 * Keeps a node's drain from taking a Deployment's pods all at once: the only one may not be evicted; of several, one at a time; of a
 * number that others set, not more than half. Pods that are not ready serve nobody and may always go: a version that crashes would
 * hold up the drain of every node it is on.
 */
export function disruptionBudget({
    namespace,
    name,
    selector,
    replicas,
}: Pick<RollingArgs, "namespace" | "name" | "selector" | "replicas">): k8s.policy.v1.PodDisruptionBudgetArgs {
    const allowed =
        replicas === undefined ? { minAvailable: "50%" } : replicas === 1 ? { minAvailable: 1 } : { maxUnavailable: 1 };
    return {
        metadata: { namespace, name, labels: selector },
        spec: { selector: { matchLabels: selector }, unhealthyPodEvictionPolicy: "AlwaysAllow", ...allowed },
    };
}

/** A Service in front of the pods with these labels; on port 80 unless its ports say otherwise. */
export function httpService(
    namespace: pulumi.Input<string>,
    name: string,
    selector: Record<string, string>,
    annotations?: Record<string, string>,
    ports: readonly PortArgs[] = usualPorts,
): k8s.core.v1.ServiceArgs {
    return {
        metadata: { namespace, name, labels: selector, annotations },
        spec: { selector, ports: servicePorts(ports) },
    };
}
