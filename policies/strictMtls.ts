import type { ResourceValidationPolicy, StackValidationPolicy } from "@pulumi/policy";
import { eachObject, wholeStack } from "./read/check";
import { bodyAt, type KubeObject, mapAt, textAt, valueAt } from "./read/object";

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
    validateResource: eachObject<Config>(name, ["PeerAuthentication", "DestinationRule"], (object, report) => {
        const at = `${object.kind} ${object.namespace}/${object.name}`;
        if (object.kind === "PeerAuthentication") {
            const mode = modeOf(object);
            if (mode !== "STRICT" && mode !== "UNSET") report(`${at} sets mTLS to ${mode}; set spec.mtls.mode STRICT`);
            for (const [port, value] of Object.entries(bodyAt(object.body, "spec", "portLevelMtls"))) {
                const own = textAt(value, "mode") ?? "UNSET";
                if (own !== "STRICT" && own !== "UNSET")
                    report(`${at} sets mTLS to ${own} at port ${port}; set it STRICT`);
            }
        } else if (valueAt(object.body, "spec", "trafficPolicy", "tls", "mode") === "DISABLE")
            report(`${at} turns TLS off for ${textAt(object.body, "spec", "host")}; leave spec.trafficPolicy.tls out`);
    }),
    validateStack: wholeStack<Config>(name, (world, report, { config }) => {
        const strict = world.filter(
            (one) =>
                one.kind === "PeerAuthentication" &&
                modeOf(one) === "STRICT" &&
                Object.keys(mapAt(one.body, "spec", "selector", "matchLabels")).length === 0,
        );
        for (const space of world.filter((one) => one.kind === "Namespace" && hasSidecars(one)))
            if (!strict.some(({ namespace }) => namespace === space.name || namespace === config.rootNamespace))
                // Gateways are spoken to from outside; what comes to them is a question of gateway-tls.
                if (world.some((one) => one.kind === "Service" && one.namespace === space.name))
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
