import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { meshNamespace } from "../../components/mesh/namespace";
import { annotationsFor } from "../../components/traffic/world/marks";
import { TokenCheck } from "../../components/mesh/TokenCheck";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { defaultWaitSeconds } from "../../components/split/meshAccess";
import type { Routing } from "../../components/traffic/split/routing";
import { marksFor, type StepArgs } from "../../components/split/stepArgs";
import { proposalOf } from "../../components/split/plainInputs";
import { RunHooks } from "../../components/split/runHooks";
import { TrafficSplit } from "../../components/split/TrafficSplit";
import type { Weights } from "../../components/traffic/split/weights";
import { type VersionArgs, VersionedService } from "../../components/workloads/VersionedService";
import { demoService } from "../demoPods";
import { chainWeightsIn, edgeRoutes, tokenRules } from "./edge";
import { Credentials } from "./Credentials";

/** One service of the shop. */
export interface ShopServiceArgs {
    versions: VersionArgs[];
    /** Percent of requests per version. */
    weights: Record<string, number>;
    canaryHeader?: CanaryHeader | undefined;
    /** What its routes do beside splitting. */
    routing?: Routing;
    /** How far one step may go. */
    step?: StepArgs;
}

/** The arguments of a Shop. */
export interface ShopArgs {
    /** The host name under which the gateway serves the shop. */
    host: string;
    /** The gateway that serves it, as a VirtualService names it. */
    gateway: pulumi.Input<string>;
    /** The namespace of the gateway's pods, which check tokens. */
    gatewayNamespace: pulumi.Input<string>;
    /** Service by name: product-composite, product, recommendation, review, auth-server. */
    services: Record<string, ShopServiceArgs>;
    /** Percent of requests per version of the whole chain of core services; the edge decides then, for all of them alike. */
    chainWeights?: Record<string, number> | undefined;
}

/** The core services, whose traffic is split, in the order of seed 000. */
export const coreServices = ["product", "recommendation", "review"] as const;

/**
 * The shop of seed 000: product-composite asks the three core services, each in two versions, and forwards the
 * canary header to them; an authorization server gives the tokens that the gateway asks for.
 */
export class Shop extends pulumi.ComponentResource {
    /** The namespace of its pods. */
    readonly namespace: pulumi.Output<string>;
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
        const namespace = meshNamespace(name, child);
        this.namespace = namespace;
        this.credentials = new Credentials("auth-server", { namespace, issuer: `https://${args.host}` }, child);
        const deployed = Object.entries(args.services).map(
            ([service, { versions, step }]) =>
                new VersionedService(
                    service,
                    {
                        namespace,
                        ...demoService(versions, service === "auth-server" ? this.credentials.pod.env : {}),
                        config: service === "auth-server" ? this.credentials.pod.config : [],
                        args: [service],
                        group: groupOf(args),
                        stable: step?.stable,
                    },
                    child,
                ),
        );
        const splits = coreServices.map(
            (service) => [service, splitOf(service, args, namespace, deployed, child)] as const,
        );
        const tokens = tokenCheckFor(name, args, this.credentials, this);
        // Every service of the chain must know the edge's header before the edge sends it; and tokens are asked for before anything is
        // served.
        const edge = edgeOf(name, args, namespace, [tokens, ...deployed, ...splits.map(([, split]) => split)], this);
        const chain = edge.spec.apply(chainWeightsIn);
        this.weights = pulumi
            .all([Object.fromEntries(splits.map(([service, split]) => [service, split.weights])), chain])
            .apply(([own, decided]) => (decided ? movedAsOne(own, decided) : own));
        this.canaryHeaders = pulumi.all(
            Object.fromEntries(splits.map(([service, split]) => [service, split.canaryHeader])),
        );
        this.registerOutputs({ weights: this.weights, canaryHeaders: this.canaryHeaders });
    }
}

function tokenCheckFor(name: string, args: ShopArgs, { jwks }: Credentials, parent: Shop): TokenCheck {
    const { host, gatewayNamespace: namespace } = args;
    return new TokenCheck(
        name,
        { namespace, host, issuer: `https://${host}`, audiences: ["product-composite"], jwks, rules: tokenRules },
        // It was the program's once. Made anew, there would be a moment without it.
        { parent, aliases: [{ parent: pulumi.rootStackResource }] },
    );
}

/** All of the shop is judged together. */
function groupOf({ services }: ShopArgs): string | undefined {
    return Object.values(services)
        .map(({ step }) => step?.group)
        .find((group) => group !== undefined);
}

/**
 * The routes of the shop's host. What they decide for the chain is judged as a service `shop`, with the limits that the first of
 * the core services has.
 */
function edgeOf(
    name: string,
    args: ShopArgs,
    namespace: pulumi.Output<string>,
    dependsOn: pulumi.Resource[],
    parent: Shop,
): Edge {
    const { host, gateway, chainWeights, services } = args;
    const [first] = coreServices.flatMap((service) => services[service] ?? []);
    const { step = {}, versions = [] } = first ?? {};
    const marks = marksFor(
        "shop",
        { ...step, blueGreen: undefined, inPlace: undefined },
        versions.map((version) => version.name),
    );
    const routesName = `${name}-edge-vs`;
    const inputs = {
        apiVersion: "networking.istio.io/v1",
        kind: "VirtualService",
        metadata: { name: routesName, namespace, annotations: annotationsFor(marks) },
        spec: edgeRoutes(host, gateway, chainWeights),
    };
    const hooks = RunHooks.current();
    const proposed = proposalOf("VirtualService", inputs);
    hooks?.propose([proposed]);
    const { guard = true, limits } = step;
    const watched = { service: "shop", namespace, waitSeconds: defaultWaitSeconds, guard, limits };
    const opts = { parent, dependsOn, ...(hooks && { hooks: hooks.ofRoutes(routesName, parent, watched, proposed) }) };
    return new k8s.apiextensions.CustomResource(routesName, inputs, opts) as Edge;
}

type Edge = k8s.apiextensions.CustomResource & { spec: pulumi.Output<VirtualServiceSpec> };

/** Requests that come by the edge go as it decided, whatever a service's own weights say. */
function movedAsOne(own: Record<string, Weights>, decided: Weights): Record<string, Weights> {
    return { shop: decided, ...Object.fromEntries(Object.keys(own).map((service) => [service, decided])) };
}

function splitOf(
    service: string,
    args: ShopArgs,
    namespace: pulumi.Output<string>,
    deployed: VersionedService[],
    opts: pulumi.ComponentResourceOptions,
): TrafficSplit {
    const given = args.services[service];
    if (!given) throw new pulumi.RunError(`The shop has no service ${service}; it needs ${coreServices.join(", ")}.`);
    const { weights, canaryHeader, versions } = given;
    const split = {
        namespace,
        versions: versions.map((version) => version.name),
        weights,
        canaryHeader,
        inChain: args.chainWeights !== undefined,
        routing: given.routing,
        pods: Object.fromEntries(versions.map((version) => [version.name, version.replicas ?? 1])),
        step: given.step,
    };
    return new TrafficSplit(service, split, { ...opts, dependsOn: deployed });
}
