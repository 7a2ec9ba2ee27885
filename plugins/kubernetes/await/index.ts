import { annotation, groupOf, isAnnotated, kindOf, nameOf, namespaceOf } from "../objects";
import type { Properties } from "../values";
import type { Source, Surroundings } from "./collection";
import { claimReadiness } from "./claim";
import { crdReadiness } from "./crd";
import { customReadiness } from "./custom";
import { daemonSetReadiness } from "./daemonset";
import { deploymentReadiness } from "./deployment";
import { ingressReadiness } from "./ingress";
import { jobReadiness } from "./job";
import { judgeOnce, waitUntilReady, type Readiness } from "./observe";
import { podReadiness } from "./pod";
import { serviceReadiness } from "./service";
import { statefulSetReadiness } from "./statefulset";

export type { Surroundings } from "./collection";

/** Kinds that are waited for; all others are ready as soon as they are stored. */
const readiness: Readonly<Record<string, Readiness>> = {
    "/PersistentVolumeClaim": claimReadiness,
    "/Pod": podReadiness,
    "/Service": serviceReadiness,
    "apps/DaemonSet": daemonSetReadiness,
    "apps/Deployment": deploymentReadiness,
    "apps/StatefulSet": statefulSetReadiness,
    "batch/Job": jobReadiness,
    "networking.k8s.io/Ingress": ingressReadiness,
    "apiextensions.k8s.io/CustomResourceDefinition": crdReadiness,
};
/** Those that stay ready once they are. */
const forGood = new Set([claimReadiness, crdReadiness]);

const defaultTimeoutMs = 600_000;

/**
 * Waits until an object that was written is ready, as its kind or its annotation `pulumi.com/waitFor` means it; not at all with
 * `pulumi.com/skipAwait: "true"`.
 *
 * @param timeoutSeconds the resource's own timeout; 0 for `pulumi.com/timeoutSeconds` or ten minutes.
 * @returns the object as last seen.
 * @throws NotReadyError
 */
export async function awaitReady(
    inputs: Properties,
    written: Properties,
    timeoutSeconds: number,
    around: Surroundings,
): Promise<Properties> {
    const means = readinessOf(inputs);
    if (!means) return written;
    return (
        (await waitUntilReady(sourceOf(written), means, written, timeoutMs(inputs, timeoutSeconds), around)) ?? written
    );
}

/** Judges an object as it is now, for a refresh. Only kinds whose readiness can be lost are judged. @throws NotReadyError */
export async function checkReady(inputs: Properties, live: Properties, around: Surroundings): Promise<void> {
    const means = annotation(inputs, "pulumi.com/waitFor") ? undefined : readinessOf(inputs);
    if (means && !forGood.has(means)) await judgeOnce(sourceOf(live), means, live, around);
}

/** Waits until an object is gone, and does not mind if another of its name has taken its place. @throws NotReadyError */
export async function awaitGone(
    inputs: Properties,
    live: Properties,
    timeoutSeconds: number,
    around: Surroundings,
): Promise<void> {
    const uid = (object: Properties | undefined): unknown => (object?.metadata as Properties | undefined)?.uid;
    const gone: Readiness = {
        sources: () => [],
        judge: ({ object }) => ({
            isReady: !object || uid(object) !== uid(live),
            progress: { message: "Resource scheduled for deletion" },
            reasons: deletionObstacles(object),
        }),
    };
    await waitUntilReady(sourceOf(live), gone, live, timeoutMs(inputs, timeoutSeconds), around);
}

function deletionObstacles(object: Properties | undefined): string[] {
    const finalizers = (object?.metadata as Properties | undefined)?.finalizers;
    return Array.isArray(finalizers) && finalizers.length
        ? [
              `finalizers might be preventing deletion (${finalizers.filter((one) => typeof one === "string").join(", ")})`,
          ]
        : [];
}

/**
 * What has to hold of an object that is made from inputs; undefined when it is not waited for.
 *
 * @throws when `pulumi.com/waitFor` can't be understood.
 */
export function readinessOf(inputs: Properties): Readiness | undefined {
    if (isAnnotated(inputs, "pulumi.com/skipAwait")) return undefined;
    const waitFor = annotation(inputs, "pulumi.com/waitFor");
    const { apiVersion, kind } = kindOf(inputs);
    return waitFor ? customReadiness(waitFor) : readiness[`${groupOf(apiVersion)}/${kind}`];
}

function sourceOf(object: Properties): Source {
    return { ...kindOf(object), namespace: namespaceOf(object), name: nameOf(object) };
}

function timeoutMs(inputs: Properties, timeoutSeconds: number): number {
    const annotated = Number(annotation(inputs, "pulumi.com/timeoutSeconds"));
    return timeoutSeconds > 0 ? timeoutSeconds * 1000 : annotated > 0 ? annotated * 1000 : defaultTimeoutMs;
}
