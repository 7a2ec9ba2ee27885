import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { amongOthers } from "./read/check";
import { hostOfService } from "../components/traffic/world/hosts";
import type { Routes, Rule } from "../components/traffic/world/virtualServices";
import { reading, type World, workloadsBehind } from "../components/traffic/world/world";
import { isWorkload, versionOfPods, workloadOf } from "../components/traffic/world/workloads";
import { bodiesAt, type KubeObject, textAt, textsAt, type Value } from "./read/object";
import { destinationsOf, routesAmong, rulesIn, titleOf, workloadsAt } from "./read/rules";
import { worldOf } from "./read/world";

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
        async (object, stack, report, { run, config }) => {
            if (config.pairs.length === 0) return;
            const others = await run.amidCluster(object, stack);
            const world = worldOf(others);
            const { services, routesOf: routed } = reading(world);
            for (const { caller, callee } of config.pairs) {
                if (object.kind === "Service") {
                    const host = hostOfService(object);
                    const versions = versionsBehind(world, host, callee);
                    if (versions.length > 1 && !routed.has(host))
                        report(
                            `${object.name} has pods of ${callee} ${versions.join(" and ")}, so that ${caller} of one version reaches the other; a Service for each version, with \`version\` in its selector`,
                        );
                } else if (object.kind === "VirtualService") {
                    const routes = routesAmong(object, others);
                    for (const rule of routes ? rulesIn(routes) : [])
                        for (const message of routes ? mixedIn(rule, routes, world, callee, caller) : [])
                            report(message);
                } else if (isWorkload(object) && workloadOf(object).labels.app === caller) {
                    const own = versionOfPods(workloadOf(object));
                    for (const { host, name: service, namespace } of services.values())
                        for (const version of versionsBehind(world, host, callee))
                            // Another namespace's Service of that name is called by a longer name.
                            if (version !== own && !routed.has(host) && mentions(object, service, namespace))
                                report(
                                    `${object.name} is ${caller} ${own} and calls ${service}, which is ${callee} ${version}; name the Service of ${callee} ${own}`,
                                );
                }
            }
        },
    ),
};

/** The versions of a tier that a Service selects. */
function versionsBehind(world: World, host: string, app: string): string[] {
    const pods = workloadsBehind(world, host).filter(({ labels }) => labels.app === app);
    return [...new Set(pods.map(versionOfPods))].sort();
}

/** What a rule that leads to the callee mixes: it may lead to one version, and only for callers of that version. */
function mixedIn(rule: Rule, routes: Routes, world: World, callee: string, caller: string): string[] {
    const reached = destinationsOf(rule, routes)
        .filter(({ share }) => share > 0)
        .flatMap((destination) => workloadsAt(world, destination) ?? [])
        .filter(({ labels }) => labels.app === callee)
        .map(versionOfPods);
    const versions = [...new Set(reached)].sort();
    const from = (rule.match ?? []).map(({ sourceLabels }) => sourceLabels?.version);
    const isFromOne = from.length > 0 && from.every((version) => version === versions[0]);
    const at = `${titleOf(routes)}: ${rule.title}`;
    if (versions.length > 1)
        return [
            `${at} shares requests between ${callee} ${versions.join(" and ")}; a rule for each version of ${caller}, by sourceLabels`,
        ];
    // Whether it is the callee itself that the routes are for, and not an entry in front of both tiers; and whether it has versions.
    const own = routes.hosts.flatMap((host) => versionsBehind(world, host, callee));
    if (versions.length === 1 && new Set(own).size > 1 && !isFromOne)
        return [`${at} leads every ${caller} to ${callee} ${versions[0]}; match sourceLabels version ${versions[0]}`];
    return [];
}

/** Whether a pod's environment or arguments name a Service, as its own namespace or another one calls it. */
function mentions(workload: KubeObject, service: string, namespace: string): boolean {
    const called = workload.namespace === namespace ? service : `${service}\\.${namespace}`;
    const word = new RegExp(`(^|[^\\w.-])${called}($|[^\\w-])`);
    const containers = bodiesAt(workload.body, "spec", "template", "spec", "containers");
    const texts = containers.flatMap((container) => [
        ...bodiesAt(container, "env").map((variable) => textAt(variable, "value") ?? ""),
        ...["args", "command"].flatMap((field) => textsAt(container as Value, field)),
    ]);
    return texts.some((text) => word.test(text));
}
