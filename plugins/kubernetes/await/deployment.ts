import { annotation, at, namespaceOf, numberAt, stringAt } from "../objects";
import type { Properties } from "../values";
import type { Source } from "./collection";
import type { Readiness, Verdict } from "./observe";
import { conditionOf, isOwnedBy, podProblems } from "./pod";

/**
 * A Deployment is ready when its rollout is complete:
 *
 * 1. the controller has seen the current generation,
 * 2. as many pods as wanted run the current template, and no others are left,
 * 3. all of them have been available for `minReadySeconds`.
 *
 * A paused Deployment is ready once the controller has seen it, for nothing more will happen. While it is not ready, the pods of
 * the current ReplicaSet say why.
 */
export const deploymentReadiness: Readiness = {
    sources: (deployment) => [ownedBy(deployment, "apps/v1", "ReplicaSet"), ownedBy(deployment, "v1", "Pod")],
    judge: ({ object: deployment, related: [replicaSets = [], pods = []] }) => {
        if (!deployment) return { isReady: false, reasons: ["the Deployment is not there"] };
        if (numberAt(deployment, "status", "observedGeneration") < numberAt(deployment, "metadata", "generation")) {
            return { isReady: false, reasons: ["the Deployment controller has not seen the change"] };
        }
        const revision = annotation(deployment, "deployment.kubernetes.io/revision");
        const current = replicaSets.find(
            (set) => isOwnedBy(set, deployment) && annotation(set, "deployment.kubernetes.io/revision") === revision,
        );
        if (isComplete(deployment))
            return { isReady: true, progress: { message: "Deployment initialization complete" }, reasons: [] };
        return unfinished(deployment, current, current ? pods.filter((pod) => isOwnedBy(pod, current)) : []);
    },
};

function isComplete(deployment: Properties): boolean {
    if (at(deployment, "spec", "paused") === true) return true;
    const wanted = wantedReplicas(deployment);
    const [updated, all, available] = ["updatedReplicas", "replicas", "availableReplicas"].map((count) =>
        numberAt(deployment, "status", count),
    );
    return updated === wanted && all === wanted && available === wanted;
}

function unfinished(deployment: Properties, replicaSet: Properties | undefined, pods: readonly Properties[]): Verdict {
    const problems = pods.flatMap(podProblems);
    const failing = ["Progressing", "Available"]
        .map((type) => conditionOf(deployment, type))
        .filter((condition) => condition?.status === "False");
    const conditions = failing.map(
        (condition) => `[${stringAt(condition, "reason")}] ${stringAt(condition, "message")}`,
    );
    const counts = `${numberAt(replicaSet, "status", "readyReplicas")}/${wantedReplicas(deployment)}`;
    const shortfall =
        conditionOf(deployment, "Available")?.status === "True"
            ? "Minimum number of Pods to consider the application live was not attained"
            : "Minimum number of live Pods was not attained";
    const [problem] = problems;
    return {
        isReady: false,
        progress: problem
            ? { message: problem, severity: "warning" }
            : { message: `Waiting for app ReplicaSet to be available (${counts} Pods available)` },
        reasons: [...conditions, shortfall, ...problems],
    };
}

/** As many as the live object says: somebody may have scaled it. */
export function wantedReplicas(object: Properties): number {
    const replicas = at(object, "spec", "replicas");
    return typeof replicas === "number" ? replicas : 1;
}

/** Objects that carry the labels which a workload selects by. Expressions are left to the judge: they only narrow it down. */
export function ownedBy(workload: Properties, apiVersion: string, kind: string): Source {
    const labels = at(workload, "spec", "selector", "matchLabels");
    return { apiVersion, kind, namespace: namespaceOf(workload), labels: labels as Record<string, string> | undefined };
}
