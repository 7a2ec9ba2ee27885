import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { countingAnnotations } from "../mesh/proxies/statistics";
import { PodArgs, podSpec } from "./podSpec";

/** What a Deployment that changes under traffic is made of. */
export interface RollingArgs {
    namespace: pulumi.Input<string>;
    /** The Deployment's name. */
    name: string;
    /** The labels that select its pods, which never change. */
    selector: Record<string, string>;
    /** Labels of its pods beside those, which may change. */
    labels?: Record<string, string>;
    replicas: number;
    /** Seconds that a new pod must have been ready before it counts. Default 2. */
    minReadySeconds?: number;
    /** Pods beyond `replicas` while it changes: a number, or percent of them as text. Default 1. */
    maxSurge?: pulumi.Input<string | number>;
    pod: PodArgs;
}

/** A Deployment in which a pod leaves only when its successor has been ready for a while. */
export function rollingDeployment(args: RollingArgs): k8s.apps.v1.DeploymentArgs {
    const { namespace, name, selector, replicas, minReadySeconds = 2, maxSurge = 1, pod } = args;
    const labels = { ...selector, ...args.labels };
    return {
        metadata: { namespace, name, labels: selector },
        spec: {
            replicas,
            revisionHistoryLimit: 3,
            strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge } },
            minReadySeconds,
            selector: { matchLabels: selector },
            template: { metadata: { labels, annotations: countingAnnotations() }, spec: podSpec(pod) },
        },
    };
}

/** Keeps a node's drain from taking a Deployment's pods all at once: the only one may not be evicted; of several, one at a time. */
export function disruptionBudget({
    namespace,
    name,
    selector,
    replicas,
}: Pick<RollingArgs, "namespace" | "name" | "selector" | "replicas">): k8s.policy.v1.PodDisruptionBudgetArgs {
    const allowed = replicas === 1 ? { minAvailable: 1 } : { maxUnavailable: 1 };
    return {
        metadata: { namespace, name, labels: selector },
        spec: { selector: { matchLabels: selector }, ...allowed },
    };
}

/** A Service on port 80 in front of the pods with these labels. */
export function httpService(
    namespace: pulumi.Input<string>,
    name: string,
    selector: Record<string, string>,
    annotations?: Record<string, string>,
): k8s.core.v1.ServiceArgs {
    return {
        metadata: { namespace, name, labels: selector, annotations },
        spec: { selector, ports: [{ name: "http", port: 80, targetPort: "http", appProtocol: "http" }] },
    };
}
