import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { hostsOf, shortHost } from "./read/hosts";
import { bodiesAt, type KubeObject, mapAt, textAt, textsAt, type Value } from "./read/object";
import { isWorkload, podLabels, versionOf, workloadsBehind } from "../components/traffic/world/pods";
import { hostOfService } from "./read/podsStep";
import { type Rule, rulesOf } from "../components/traffic/world/rules";

const name = "strict-pairs";

/** The policy's config. */
interface Config {
    readonly pairs: readonly { readonly caller: string; readonly callee: string }[];
}

/**
 * Tiers that can't be mixed: pods of one version of the caller reach the same version of the callee, and no other. So the callee's
 * Services hold one version each, its routes know from which version a request comes, and callers name their own.
 */
export const strictPairs: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description:
        "Of tiers that are declared as pairs, a version of the caller reaches only the same version of the callee.",
    severity: "critical",
    configSchema: {
        properties: {
            pairs: {
                type: "array",
                default: [],
                description: "The pairs, by the pods' label `app`: `[{caller: frontend, callee: backend}]`.",
                items: {
                    type: "object",
                    required: ["caller", "callee"],
                    properties: { caller: { type: "string" }, callee: { type: "string" } },
                },
            },
        },
    },
    ...amongOthers<Config>(
        name,
        ["Service", "VirtualService", "Deployment", "StatefulSet"],
        (object, world, report, { config }) => {
            for (const { caller, callee } of config.pairs) {
                const calleeServices = world.filter(
                    (one) => one.kind === "Service" && versionsBehind(world, one, callee).length > 0,
                );
                const isRouted = (host: string): boolean =>
                    world.some((one) => one.kind === "VirtualService" && hostsOf(one).includes(host));
                if (object.kind === "Service") {
                    const versions = versionsBehind(world, object, callee);
                    if (versions.length > 1 && !isRouted(hostOfService(object)))
                        report(
                            `${object.name} has pods of ${callee} ${versions.join(" and ")}, so that ${caller} of one version reaches the other; a Service for each version, with \`version\` in its selector`,
                        );
                } else if (object.kind === "VirtualService") {
                    for (const rule of rulesOf(object))
                        for (const message of mixedIn(rule, object, world, callee, caller)) report(message);
                } else if (isWorkload(object) && podLabels(object).app === caller) {
                    for (const service of calleeServices.filter((one) => mentions(object, one)))
                        for (const version of versionsBehind(world, service, callee))
                            if (version !== versionOf(object) && !isRouted(hostOfService(service)))
                                report(
                                    `${object.name} is ${caller} ${versionOf(object)} and calls ${service.name}, which is ${callee} ${version}; name the Service of ${callee} ${versionOf(object)}`,
                                );
                }
            }
        },
    ),
};

/** The versions of a tier that a Service selects. */
function versionsBehind(world: readonly KubeObject[], service: KubeObject, app: string): string[] {
    const workloads = workloadsBehind(world, { host: hostOfService(service) });
    return [...new Set(workloads.filter((workload) => podLabels(workload).app === app).map(versionOf))].sort();
}

/** What a rule that leads to the callee mixes: it may lead to one version, and only for callers of that version. */
function mixedIn(
    rule: Rule,
    routes: KubeObject,
    world: readonly KubeObject[],
    callee: string,
    caller: string,
): string[] {
    const reached = rule.destinations
        .filter(({ share }) => share > 0)
        .flatMap((destination) => workloadsBehind(world, destination))
        .filter((workload) => podLabels(workload).app === callee)
        .map(versionOf);
    const versions = [...new Set(reached)].sort();
    const from = bodiesAt(rule.body, "match").map((match) => mapAt(match, "sourceLabels").version);
    const isFromOne = from.length > 0 && from.every((version) => version === versions[0]);
    const at = `${shortHost(hostsOf(routes)[0] ?? "")}: ${rule.name}`;
    if (versions.length > 1)
        return [
            `${at} shares requests between ${callee} ${versions.join(" and ")}; a rule for each version of ${caller}, by sourceLabels`,
        ];
    const all = workloadsOf(world, callee);
    if (versions.length === 1 && all.length > 1 && !isFromOne && isForCallee(routes, world, callee))
        return [`${at} leads every ${caller} to ${callee} ${versions[0]}; match sourceLabels version ${versions[0]}`];
    return [];
}

/** Whether it is the callee itself that the routes are for, and not an entry in front of both tiers. */
function isForCallee(routes: KubeObject, world: readonly KubeObject[], callee: string): boolean {
    return hostsOf(routes).some((host) =>
        workloadsBehind(world, { host }).some((workload) => podLabels(workload).app === callee),
    );
}

function workloadsOf(world: readonly KubeObject[], app: string): string[] {
    return [...new Set(world.filter((one) => isWorkload(one) && podLabels(one).app === app).map(versionOf))];
}

/** Whether a pod's environment or arguments name a Service. */
function mentions(workload: KubeObject, service: KubeObject): boolean {
    const word = new RegExp(`(^|[^\\w.-])${service.name}($|[^\\w-])`);
    const containers = bodiesAt(workload.body, "spec", "template", "spec", "containers");
    const texts = containers.flatMap((container) => [
        ...bodiesAt(container, "env").map((variable) => textAt(variable, "value") ?? ""),
        ...["args", "command"].flatMap((field) => textsAt(container as Value, field)),
    ]);
    return texts.some((text) => word.test(text));
}
