import { type Body, bodiesAt, bodyAt } from "./object";

/** Kinds that make pods, or are one. */
export const podKinds = ["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Job", "CronJob"];

/** The pod's spec in an object of one of these kinds. */
export function podSpecOf(kind: string, props: Body): Body {
    if (kind === "Pod") return bodyAt(props, "spec");
    if (kind === "CronJob") return bodyAt(props, "spec", "jobTemplate", "spec", "template", "spec");
    return bodyAt(props, "spec", "template", "spec");
}

/** All containers of a pod, those that run before it included. */
export function containersOf(pod: Body): Body[] {
    return ["initContainers", "containers"].flatMap((list) => bodiesAt(pod, list));
}
