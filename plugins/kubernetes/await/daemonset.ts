import { numberAt, stringAt } from "../objects";
import { ownedBy } from "./deployment";
import type { Readiness } from "./observe";
import { isOwnedBy, podProblems } from "./pod";

/**
 * A DaemonSet is ready when the controller has seen the current generation and every node that should have a pod has an
 * available one of the current template (of any template with the strategy OnDelete).
 */
export const daemonSetReadiness: Readiness = {
    sources: (set) => [ownedBy(set, "v1", "Pod")],
    judge: ({ object: set, related: [pods = []] }) => {
        if (!set) return { isReady: false, reasons: ["the DaemonSet is not there"] };
        const count = (name: string): number => numberAt(set, "status", name);
        const wanted = count("desiredNumberScheduled");
        const isUpdated =
            stringAt(set, "spec", "updateStrategy", "type") === "OnDelete" || count("updatedNumberScheduled") >= wanted;
        const isSeen = count("observedGeneration") >= numberAt(set, "metadata", "generation");
        if (isSeen && isUpdated && count("numberAvailable") >= wanted) {
            return { isReady: true, progress: { message: "DaemonSet initialization complete" }, reasons: [] };
        }
        const problems = pods.filter((pod) => isOwnedBy(pod, set)).flatMap(podProblems);
        const [problem] = problems;
        const message = `Waiting for DaemonSet to be ready (${count("numberAvailable")}/${wanted} Pods available, ${count("updatedNumberScheduled")} updated)`;
        return {
            isReady: false,
            progress: problem ? { message: problem, severity: "warning" } : { message },
            reasons: [message, ...problems],
        };
    },
};
