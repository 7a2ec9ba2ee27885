import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { type Report, eachObject, wholeStack } from "./read/check";
import { bodiesAt, type Body, bodyAt, type KubeObject, mapAt, numberAt, textAt, textsAt } from "./read/object";
import { grouped } from "../components/traffic/world/grouped";
import { podLabels, replicasOf } from "../components/traffic/world/workloads";
import { podSpecOf } from "./read/podSpec";

const name = "zero-downtime";

/** The policy's config. */
interface Config {
    readonly drainSeconds: number;
    readonly minReadySeconds: number;
    readonly minReplicas: number;
    readonly exempt: readonly string[];
}

/** Pods come and go without a failed request: they say when they are ready, and serve on while callers forget them. */
export const zeroDowntime: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description:
        "Deployments that serve have a readiness probe, a preStop of at least the drain, minReadySeconds, a PodDisruptionBudget, and pods enough.",
    severity: "high",
    configSchema: {
        properties: {
            drainSeconds: {
                type: "integer",
                minimum: 0,
                default: 5,
                description: "Seconds that callers' proxies may take to forget a pod.",
            },
            minReadySeconds: { type: "integer", minimum: 0, default: 1 },
            minReplicas: {
                type: "integer",
                minimum: 1,
                default: 1,
                description: "Pods that each Deployment has at least, unless it has none at all.",
            },
            exempt: {
                type: "array",
                items: { type: "string" },
                default: [],
                description: "Names of Deployments that serve nobody.",
            },
        },
    },
    validateResource: eachObject<Config>(name, ["Deployment"], (object, report, { props, config }) => {
        if (object.isPatch || config.exempt.includes(object.name)) return;
        const serving = bodiesAt(podSpecOf(object.kind, props), "containers").filter(
            (one) => bodiesAt(one, "ports").length > 0,
        );
        // Pods without a port take no requests.
        if (serving.length === 0) return;
        judgeRollout(object, props, config, report);
        for (const container of serving)
            judgeContainer(object, container, podSpecOf(object.kind, props), config, report);
    }),
    validateStack: wholeStack<Config>(name, (world, report, { config }) => {
        const budgets = grouped(
            world.filter(({ kind }) => kind === "PodDisruptionBudget").map((one) => [placeOf(one), one]),
        );
        for (const deployment of world.filter(({ kind, isPatch }) => kind === "Deployment" && !isPatch)) {
            const containers = bodiesAt(podSpecOf("Deployment", deployment.body), "containers");
            if (config.exempt.includes(deployment.name) || !containers.some((one) => bodiesAt(one, "ports").length > 0))
                continue;
            const { namespace } = deployment;
            const labels = podLabels(deployment);
            const isCovered = [undefined, ...Object.entries(labels)]
                .flatMap((label) => budgets.get(placeNamed(namespace, label)) ?? [])
                .some(({ body }) => covers(bodyAt(body, "spec", "selector"), labels));
            if (!isCovered)
                report(
                    `${deployment.name} has no PodDisruptionBudget: a node that is drained may take all its pods at once; make one that selects them`,
                    deployment.urn,
                );
        }
    }),
};

/** Where a budget is looked up: under the first of the labels that it asks for, or where it asks for none in particular. */
function placeOf({ namespace, body }: KubeObject): string {
    return placeNamed(namespace, Object.entries(mapAt(body, "spec", "selector", "matchLabels"))[0]);
}

function placeNamed(namespace: string, [label, value]: readonly string[] = []): string {
    return label === undefined ? namespace : `${namespace} ${label}=${value}`;
}

function judgeRollout(object: KubeObject, props: Body, config: Config, report: Report): void {
    const replicas = replicasOf(object);
    if (replicas > 0 && replicas < config.minReplicas)
        report(
            `${object.name} has ${replicas} pods; at least ${config.minReplicas}: set spec.replicas ${config.minReplicas}`,
        );
    const ready = numberAt(props, "spec", "minReadySeconds") ?? 0;
    if (ready < config.minReadySeconds)
        report(
            `${object.name} counts a pod as there ${ready} s after it is ready; at least ${config.minReadySeconds}: set spec.minReadySeconds ${config.minReadySeconds}`,
        );
    if (textAt(props, "spec", "strategy", "type") === "Recreate")
        report(`${object.name} stops all pods before it starts new ones; set spec.strategy.type RollingUpdate`);
}

function judgeContainer(object: KubeObject, container: Body, pod: Body, config: Config, report: Report): void {
    const at = `${object.name}, container ${textAt(container, "name")}`;
    if (Object.keys(bodyAt(container, "readinessProbe")).length === 0)
        report(`${at}: no readinessProbe, so that requests come before it can serve them; add one`);
    const waits = preStopSeconds(container);
    if (waits < config.drainSeconds)
        report(
            `${at}: preStop waits ${waits} s, and callers may take ${config.drainSeconds} s to forget a pod; set lifecycle.preStop.sleep.seconds ${config.drainSeconds}`,
        );
    const grace = numberAt(pod, "terminationGracePeriodSeconds") ?? 30;
    if (Number.isFinite(waits) && grace <= waits)
        report(
            `${at}: the pod is killed after ${grace} s, and preStop alone takes ${waits}; set terminationGracePeriodSeconds above it`,
        );
}

/** Seconds that a container goes on before it is told to end; infinite where it asks by HTTP, which may take as long as it likes. */
function preStopSeconds(container: Body): number {
    const preStop = bodyAt(container, "lifecycle", "preStop");
    const command = textsAt(preStop, "exec", "command").join(" ");
    const slept = /\bsleep\s+(\d+(?:\.\d+)?)/.exec(command)?.[1];
    if (slept !== undefined) return Number(slept);
    if (preStop.httpGet !== undefined) return Number.POSITIVE_INFINITY;
    return numberAt(preStop, "sleep", "seconds") ?? 0;
}

/** Whether a budget's selector fits labels, as Kubernetes reads it: an empty one fits all pods of the namespace. */
function covers(selector: Body, labels: Readonly<Record<string, string>>): boolean {
    const wanted = mapAt(selector, "matchLabels");
    const byLabels = Object.entries(wanted).every(([label, value]) => labels[label] === value);
    return byLabels && bodiesAt(selector, "matchExpressions").every((one) => holdsFor(one, labels));
}

function holdsFor(expression: Body, labels: Readonly<Record<string, string>>): boolean {
    const value = labels[textAt(expression, "key") ?? ""];
    const values = textsAt(expression, "values");
    switch (textAt(expression, "operator")) {
        case "In":
            return value !== undefined && values.includes(value);
        case "NotIn":
            return value === undefined || !values.includes(value);
        case "Exists":
            return value !== undefined;
        case "DoesNotExist":
            return value === undefined;
        default:
            return false;
    }
}
