import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import type { Weights } from "../../components/traffic/split/weights";
import type { PairedTiersArgs } from "./args";
import { PairedTiers } from "./PairedTiers";

/** The arguments of Tiers. */
export type TiersArgs = Omit<PairedTiersArgs, "namespace">;

/** The application of seed 004: five frontends and five backends in a namespace of their own, with mutual TLS. */
export class Tiers extends pulumi.ComponentResource {
    /** Percent of requests per version, by service, as applied. */
    readonly weights: pulumi.Output<Record<string, Weights>>;
    readonly canaryHeaders: pulumi.Output<Record<string, CanaryHeader | undefined>>;

    /** @param name The _unique_ name of the resource, and of the namespace. */
    constructor(name: string, args: TiersArgs, opts?: pulumi.ComponentResourceOptions) {
        // Without inputs: a preview would show all of them at each step, and what changes stands in the TrafficSplit.
        super("upshift:index:Tiers", name, {}, opts);
        const child = { parent: this };
        const labels = { "istio-injection": "enabled", "pod-security.kubernetes.io/warn": "baseline" };
        const namespace = new k8s.core.v1.Namespace(name, { metadata: { name, labels } }, child);
        const mtls = new k8s.apiextensions.CustomResource(
            `${name}-mtls`,
            {
                apiVersion: "security.istio.io/v1",
                kind: "PeerAuthentication",
                metadata: { name: "strict", namespace: namespace.metadata.name },
                spec: { mtls: { mode: "STRICT" } },
            },
            child,
        );
        const pairs = new PairedTiers(name, { ...args, namespace: name }, { ...child, dependsOn: [namespace, mtls] });
        this.weights = pulumi.all({ frontend: pairs.weights, backend: pairs.backendWeights });
        this.canaryHeaders = pulumi.all({ frontend: pairs.canaryHeader, backend: pairs.canaryHeader });
        this.registerOutputs({ weights: this.weights, canaryHeaders: this.canaryHeaders });
    }
}
