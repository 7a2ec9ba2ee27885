import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { eachObject, type Report, wholeStack } from "./read/check";
import { fullHost, serviceNamed } from "../components/traffic/world/hosts";
import { bodiesAt, bodyAt, type KubeObject, mapAt, textAt } from "./read/object";

const name = "strict-mtls";

/** The policy's config. */
interface Config {
    readonly rootNamespace: string;
}

/** Who is in the mesh speaks mTLS and nothing else: a permissive port answers everybody, whatever the routes and rules say. */
export const strictMtls: ResourceValidationPolicy & StackValidationPolicy = {
    name,
    description: "Namespaces with sidecars accept mTLS only, and no DestinationRule turns it off.",
    severity: "high",
    configSchema: {
        properties: {
            rootNamespace: {
                type: "string",
                default: "istio-system",
                description: "Where a PeerAuthentication holds for the whole mesh.",
            },
        },
    },
    validateResource: eachObject<Config>(name, ["PeerAuthentication", "DestinationRule"], (object, report, { run }) => {
        if (object.kind === "DestinationRule") {
            // A preview judges it when all namespaces are known.
            if (!run.sources.isPreview) keepsTls(object, run.objects(), report);
            return;
        }
        const at = `PeerAuthentication ${object.namespace}/${object.name}`;
        const mode = modeOf(object);
        if (mode !== "STRICT" && mode !== "UNSET") report(`${at} sets mTLS to ${mode}; set spec.mtls.mode STRICT`);
        for (const [port, value] of Object.entries(bodyAt(object.body, "spec", "portLevelMtls"))) {
            const own = textAt(value, "mode") ?? "UNSET";
            if (own !== "STRICT" && own !== "UNSET") report(`${at} sets mTLS to ${own} at port ${port}; set it STRICT`);
        }
    }),
    validateStack: wholeStack<Config>(name, (world, report, { config }) => {
        for (const rule of world.filter(({ kind }) => kind === "DestinationRule"))
            keepsTls(rule, world, (message) => report(message, rule.urn));
        const strict = world.filter(
            (one) =>
                one.kind === "PeerAuthentication" &&
                modeOf(one) === "STRICT" &&
                Object.keys(mapAt(one.body, "spec", "selector", "matchLabels")).length === 0,
        );
        const serving = new Set(world.filter(({ kind }) => kind === "Service").map(({ namespace }) => namespace));
        for (const space of world.filter((one) => one.kind === "Namespace" && hasSidecars(one)))
            if (!strict.some(({ namespace }) => namespace === space.name || namespace === config.rootNamespace))
                // Gateways are spoken to from outside; what comes to them is a question of gateway-tls.
                if (serving.has(space.name))
                    report(
                        `namespace ${space.name} has sidecars and takes plain text too; make a PeerAuthentication with spec.mtls.mode STRICT in it`,
                        space.urn,
                    );
    }),
};

function modeOf(object: KubeObject): string {
    return textAt(object.body, "spec", "mtls", "mode") ?? "UNSET";
}

function hasSidecars({ body }: KubeObject): boolean {
    const labels = mapAt(body, "metadata", "labels");
    return labels["istio-injection"] === "enabled" || labels["istio.io/rev"] !== undefined;
}

function keepsTls(rule: KubeObject, world: readonly KubeObject[], report: Report): void {
    if (turnsTlsOff(rule) && !isOutside(rule, world))
        report(
            `DestinationRule ${rule.namespace}/${rule.name} turns TLS off for ${textAt(rule.body, "spec", "host")}; leave spec.trafficPolicy.tls out`,
        );
}

/** Whether a rule turns TLS off, for all of its host, a port or a subset. */
function turnsTlsOff({ body }: KubeObject): boolean {
    const policies = [bodyAt(body, "spec"), ...bodiesAt(body, "spec", "subsets")].map((one) =>
        bodyAt(one, "trafficPolicy"),
    );
    return policies.some((policy) =>
        [policy, ...bodiesAt(policy, "portLevelSettings")].some((one) => textAt(one, "tls", "mode") === "DISABLE"),
    );
}

/** Whether a rule's host has no sidecars that could speak mTLS: it is no Service, one by another name, or in a namespace without. */
function isOutside({ body, namespace }: KubeObject, world: readonly KubeObject[]): boolean {
    const service = serviceNamed(fullHost(textAt(body, "spec", "host") ?? "", namespace));
    if (!service) return true;
    const isThere = (one: KubeObject): boolean =>
        one.kind === "Service" && one.name === service.name && one.namespace === service.namespace;
    return world.some(
        (one) =>
            (isThere(one) && textAt(one.body, "spec", "type") === "ExternalName") ||
            (one.kind === "Namespace" && one.name === service.namespace && !hasSidecars(one)),
    );
}
