import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { CanaryHeader } from "../../traffic/headerMatch";
import type { MeshAccess } from "../../traffic/meshAccess";
import { TrafficLimits, TrafficSplit } from "../../traffic/TrafficSplit";
import { Weights } from "../../traffic/weights";
import { VersionArgs, VersionedService } from "../../workloads/VersionedService";
import { edgeRoutes } from "./edge";
import { Credentials } from "./Credentials";

/** One service of the shop. */
export interface ShopServiceArgs {
    versions: VersionArgs[];
    /** Percent of requests per version. */
    weights: Record<string, number>;
    canaryHeader?: CanaryHeader;
    /** The version that a rollback returns to. Default: the first version. */
    stable?: string;
    /** The version of a declared blue/green switch. */
    blueGreen?: string;
    /** How far one step may go. */
    limits?: TrafficLimits;
}

/** The arguments of a Shop. */
export interface ShopArgs {
    /** The host name under which the gateway serves the shop. */
    host: string;
    /** The gateway that serves it, as a VirtualService names it. */
    gateway: pulumi.Input<string>;
    /** Service by name: product-composite, product, recommendation, review, auth-server. */
    services: Record<string, ShopServiceArgs>;
    /** How the mesh is reached to see what its proxies know. */
    mesh?: MeshAccess;
}

/** The core services, whose traffic is split, in the order of seed 000. */
export const coreServices = ["product", "recommendation", "review"] as const;

/**
 * The shop of seed 000: product-composite asks the three core services, each in two versions, and forwards the
 * canary header to them; an authorization server gives the tokens that the gateway asks for.
 */
export class Shop extends pulumi.ComponentResource {
    /** Weights as applied, by service. */
    readonly weights: pulumi.Output<Record<string, Weights>>;
    /** Canary headers as applied, by service. */
    readonly canaryHeaders: pulumi.Output<Record<string, CanaryHeader | undefined>>;
    /** The client and the user that may get a token; secret. */
    readonly credentials: Credentials;

    /** @param name The _unique_ name of the resource, and of the namespace. */
    constructor(name: string, args: ShopArgs, opts?: pulumi.ComponentResourceOptions) {
        // Without inputs: a preview would show all of them at each step, and what changes stands in the TrafficSplits.
        super("upshift:index:Shop", name, {}, opts);
        const child = { parent: this };
        const labels = { "istio-injection": "enabled", "pod-security.kubernetes.io/warn": "baseline" };
        const namespace = new k8s.core.v1.Namespace(name, { metadata: { name, labels } }, child);
        const inNamespace = { metadata: { namespace: namespace.metadata.name } };
        new k8s.apiextensions.CustomResource(
            `${name}-mtls`,
            {
                apiVersion: "security.istio.io/v1",
                kind: "PeerAuthentication",
                metadata: { name: "strict", ...inNamespace.metadata },
                spec: { mtls: { mode: "STRICT" } },
            },
            child,
        );
        this.credentials = new Credentials(
            "auth-server",
            { namespace: namespace.metadata.name, issuer: `https://${args.host}` },
            child,
        );
        const deployed = Object.entries(args.services).map(
            ([service, { versions }]) =>
                new VersionedService(
                    service,
                    {
                        namespace: namespace.metadata.name,
                        versions,
                        args: [service],
                        ...(service === "auth-server" ? this.credentials.pod : {}),
                    },
                    child,
                ),
        );
        const splits = coreServices.map(
            (service) => [service, splitOf(service, args, namespace, deployed, child)] as const,
        );
        new k8s.apiextensions.CustomResource(
            `${name}-edge-vs`,
            {
                apiVersion: "networking.istio.io/v1",
                kind: "VirtualService",
                metadata: { name: `${name}-edge-vs`, ...inNamespace.metadata },
                spec: edgeRoutes(args.host, args.gateway),
            },
            { ...child, dependsOn: deployed },
        );
        this.weights = pulumi.all(Object.fromEntries(splits.map(([service, split]) => [service, split.weights])));
        this.canaryHeaders = pulumi.all(
            Object.fromEntries(splits.map(([service, split]) => [service, split.canaryHeader])),
        );
        this.registerOutputs({ weights: this.weights, canaryHeaders: this.canaryHeaders });
    }
}

function splitOf(
    service: string,
    args: ShopArgs,
    namespace: k8s.core.v1.Namespace,
    deployed: VersionedService[],
    opts: pulumi.ComponentResourceOptions,
): TrafficSplit {
    const given = args.services[service];
    if (!given) throw new pulumi.RunError(`The shop has no service ${service}; it needs ${coreServices.join(", ")}.`);
    const split = {
        ...given,
        namespace: namespace.metadata.name,
        versions: given.versions.map((version) => version.name),
        mesh: args.mesh,
    };
    return new TrafficSplit(service, split, { ...opts, dependsOn: deployed });
}
