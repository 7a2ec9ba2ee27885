import { at, numberAt, stringAt } from "../objects";
import { ownedBy, wantedReplicas } from "./deployment";
import type { Readiness } from "./observe";
import { isOwnedBy, podProblems } from "./pod";

/**
 * A StatefulSet is ready when the controller has seen the current generation, all pods are ready, and those that are to be
 * updated are: all of them, or those above the partition; with the strategy OnDelete nobody updates them, so none need be.
 */
export const statefulSetReadiness: Readiness = {
    sources: (set) => [ownedBy(set, "v1", "Pod")],
    judge: ({ object: set, related: [pods = []] }) => {
        if (!set) return { isReady: false, reasons: ["the StatefulSet is not there"] };
        const wanted = wantedReplicas(set);
        const ready = numberAt(set, "status", "readyReplicas");
        const toUpdate =
            stringAt(set, "spec", "updateStrategy", "type") === "OnDelete"
                ? 0
                : wanted - numberAt(set, "spec", "updateStrategy", "rollingUpdate", "partition");
        // Counted as updated only during a rollout: afterwards the revisions are the same, and before that there is one only.
        const isUpdated =
            numberAt(set, "status", "updatedReplicas") >= toUpdate ||
            at(set, "status", "currentRevision") === at(set, "status", "updateRevision");
        const isSeen = numberAt(set, "status", "observedGeneration") >= numberAt(set, "metadata", "generation");
        if (isSeen && isUpdated && ready >= wanted)
            return { isReady: true, progress: { message: "StatefulSet initialization complete" }, reasons: [] };
        const problems = pods.filter((pod) => isOwnedBy(pod, set)).flatMap(podProblems);
        const [problem] = problems;
        return {
            isReady: false,
            progress: problem
                ? { message: problem, severity: "warning" }
                : { message: `Waiting for StatefulSet to be ready (${ready}/${wanted} Pods ready)` },
            reasons: [`${ready} out of ${wanted} replicas succeeded readiness checks`, ...problems],
        };
    },
};
