import { at, numberAt, stringAt } from "../objects";
import { ownedBy } from "./deployment";
import type { Readiness } from "./observe";
import { conditionOf, isOwnedBy, podProblems, shortName } from "./pod";

/**
 * A Job is ready when it is complete, and has failed when Kubernetes has given it up. One that is suspended is not waited for.
 */
export const jobReadiness: Readiness = {
    sources: (job) => [ownedBy(job, "v1", "Pod")],
    judge: ({ object: job, related: [pods = []] }) => {
        if (!job) return { isReady: false, reasons: ["the Job is not there"] };
        if (at(job, "spec", "suspend") === true) return { isReady: true, reasons: [] };
        const failed = conditionOf(job, "Failed");
        if (failed?.status === "True") {
            const message = `[${stringAt(failed, "reason")}] ${stringAt(failed, "message")}`;
            return { isReady: false, hasFailed: true, progress: { message, severity: "error" }, reasons: [message] };
        }
        const isStarted = at(job, "status", "startTime") !== undefined;
        const [active, succeeded, failures] = ["active", "succeeded", "failed"].map((count) =>
            numberAt(job, "status", count),
        );
        const progress = `(Active: ${active} | Succeeded: ${succeeded} | Failed: ${failures})`;
        const message = `Waiting for Job "${shortName(job)}" to ${isStarted ? `succeed ${progress}` : "start"}`;
        const isReady = conditionOf(job, "Complete")?.status === "True";
        return {
            isReady,
            progress: { message },
            reasons: [message, ...pods.filter((pod) => isOwnedBy(pod, job)).flatMap(podProblems)],
        };
    },
};
