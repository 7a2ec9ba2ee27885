import { at, namespaceOf, nameOf, numberAt, objectsAt, stringAt } from "../objects";
import type { Properties } from "../values";
import type { Readiness } from "./observe";

/**
 * A Pod is ready when its condition Ready says so, or when it has run to its end. It has failed when it ended otherwise.
 */
export const podReadiness: Readiness = {
    sources: () => [],
    judge: ({ object }) => {
        if (!object) return { isReady: false, reasons: ["the Pod is not there"] };
        const problems = podProblems(object);
        const message = problems[0] ?? `Waiting for Pod ${JSON.stringify(shortName(object))} to be ready`;
        return {
            isReady: isPodReady(object) || stringAt(object, "status", "phase") === "Succeeded",
            hasFailed: stringAt(object, "status", "phase") === "Failed",
            progress: { message, severity: problems.length ? "warning" : "info" },
            reasons: problems,
        };
    },
};

export function isPodReady(pod: Properties): boolean {
    return conditionOf(pod, "Ready")?.status === "True";
}

/**
 * What keeps a Pod from being ready, in sentences: no node for it, an image that cannot be pulled, a container that crashes.
 * Empty for a Pod that is ready or only young.
 */
export function podProblems(pod: Properties): string[] {
    if (isPodReady(pod) || stringAt(pod, "status", "phase") === "Succeeded" || at(pod, "metadata", "deletionTimestamp"))
        return [];
    const scheduled = conditionOf(pod, "PodScheduled");
    if (scheduled?.status === "False") return [problem(pod, stringAt(scheduled, "message"))];
    const containers = [
        ...objectsAt(pod, "status", "initContainerStatuses"),
        ...objectsAt(pod, "status", "containerStatuses"),
    ];
    const errors = containers.filter((status) => status.ready !== true).flatMap(containerErrors);
    const condition = [conditionOf(pod, "Initialized"), conditionOf(pod, "Ready")].find(
        (one) => one?.status === "False",
    );
    const message = stringAt(condition, "message");
    return message || errors.length ? [problem(pod, message + errors.join("\n"))] : [];
}

function problem(pod: Properties, text: string): string {
    return `[Pod ${shortName(pod)}]: ${text}`;
}

function containerErrors(status: Properties): string[] {
    const name = JSON.stringify(stringAt(status, "name"));
    const [waiting, ended, before] = [
        at(status, "state", "waiting"),
        at(status, "state", "terminated"),
        at(status, "lastState", "terminated"),
    ];
    const errors: string[] = [];
    const reason = stringAt(waiting, "reason");
    if (reason && reason !== "ContainerCreating" && reason !== "PodInitializing")
        errors.push(`[${reason}] ${stringAt(waiting, "message")}`);
    if (stringAt(ended, "reason") && numberAt(ended, "exitCode") !== 0) {
        const message = stringAt(ended, "message");
        errors.push(
            message
                ? `[${stringAt(ended, "reason")}] ${message}`
                : `container ${name} completed with exit code ${numberAt(ended, "exitCode")}`,
        );
    }
    if (before) {
        const why = `${stringAt(before, "reason")}: exit code ${numberAt(before, "exitCode")}`;
        errors.push(
            `container ${name} terminated at ${stringAt(before, "finishedAt")} (${why})`,
            ...[stringAt(before, "message")].filter(Boolean),
        );
    }
    return errors;
}

export function conditionOf(object: Properties | undefined, type: string): Properties | undefined {
    return objectsAt(object, "status", "conditions").find((condition) => condition.type === type);
}

/** `namespace/name`, without the namespace when it is the default one. */
export function shortName(object: Properties): string {
    const namespace = namespaceOf(object);
    return namespace && namespace !== "default" ? `${namespace}/${nameOf(object)}` : nameOf(object);
}

export function isOwnedBy(object: Properties, owner: Properties | undefined): boolean {
    const uid = stringAt(owner, "metadata", "uid");
    return uid !== "" && objectsAt(object, "metadata", "ownerReferences").some((reference) => reference.uid === uid);
}
