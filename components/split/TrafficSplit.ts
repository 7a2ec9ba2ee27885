import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { blueGreenAnnotation } from "../traffic/world/annotations";
import { trafficIn } from "../traffic/judge/applied";
import type { GuardedSplit } from "./guardedSplit";
import { guardOf } from "./guardHooks";
import { CanaryHeader, canaryHeaderProblems } from "../traffic/split/headerMatch";
import type { DestinationRuleSpec, VirtualServiceSpec } from "../traffic/world/istio";
import type { MeshAccess } from "./meshAccess";
import { canaryHeaderIn, routesFor, weightsIn } from "../traffic/split/routes";
import { Routing, routingProblems } from "../traffic/split/routing";
import { StepArgs, stepLimits } from "./stepArgs";
import { stepHooks } from "./stepHooks";
import { Strategy } from "../traffic/split/strategy";
import { subsetsFor } from "../traffic/split/subsets";
import { weightProblems, Weights } from "../traffic/split/weights";

export { defaultMaxRaise } from "../traffic/judge/serviceTraffic";
export type { StepArgs, TrafficLimits } from "./stepArgs";

/** The arguments of a TrafficSplit. */
export interface TrafficSplitArgs extends StepArgs {
    /** The namespace of the routes, and of the service with strategy `mesh`. */
    namespace: pulumi.Input<string>;
    /** How versions are told apart: `mesh` by subset, `namespaces` by namespace, `pairs` by Service. Default `mesh`. */
    strategy?: Strategy;
    /** The Service that callers address. Default: the resource's name. */
    service?: string;
    /** The hosts that are split, where they are not the Service's own: those of a gateway. */
    hosts?: string[];
    /** The gateways that serve these hosts, as a VirtualService names them: `istio-ingress/app-gateway`. Default: callers in the mesh. */
    gateways?: pulumi.Input<string>[];
    /** Every version that has pods, in a fixed order; each becomes a subset. */
    versions: string[];
    /** The Service of each version, for strategy `pairs`. */
    destinations?: Record<string, string>;
    /** Percent of requests per version: whole numbers that sum to 100. Plain numbers, so that a preview knows them. */
    weights: Record<string, number>;
    /** Requests that carry this header reach its version whatever the weights. */
    canaryHeader?: CanaryHeader;
    /** Whether requests go to the version that the edge chose for their whole chain (header `x-release`). Default false. */
    inChain?: boolean;
    /** What the routes do beside splitting. */
    routing?: Routing;
    /** Pods of each version, by which outlier detection is sized. Default 1. */
    pods?: Record<string, number>;
    /** The VirtualService's name. Default `<name>-vs`. */
    routesName?: string;
    /** The DestinationRule's name. Default `<name>-dr`. */
    subsetsName?: string;
    /** How the mesh is reached to see what its proxies know. Without it an `up` returns before they took the change. */
    mesh?: MeshAccess;
}

/**
 * Splits a service's traffic between its versions: a DestinationRule `<name>-dr` with a subset a version (strategy
 * `mesh` alone), and a VirtualService `<name>-vs` with the rules for testers above the weighted one.
 *
 * An update is one safe step: it waits until the callers' proxies know the destinations and their endpoints, then
 * changes the routes, and returns when every calling proxy has them.
 *
 * ```ts
 * new TrafficSplit("review", { namespace, versions: ["v1", "v2"], weights: { v1: 80, v2: 20 } }, { dependsOn: review });
 * ```
 */
export class TrafficSplit extends pulumi.ComponentResource {
    /** Weights as they were applied, read back from the VirtualService. */
    readonly weights: pulumi.Output<Weights>;
    /** The canary header as it was applied. */
    readonly canaryHeader: pulumi.Output<CanaryHeader | undefined>;

    /**
     * @param name The _unique_ name of the resource, and of the Service whose traffic is split.
     * @throws when the weights, the header or the routing can't be applied; the message holds every problem.
     */
    constructor(name: string, args: TrafficSplitArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:TrafficSplit", name, args, opts);
        refuseUnfit(name, args);
        const child = { parent: this };
        const { gateways, service: host = name, routesName = `${name}-vs`, subsetsName = `${name}-dr` } = args;
        const spec = routesFor({ ...args, host, gateways: undefined });
        const guard = (args.guard ?? true) ? guardOf(guardedSplit(name, spec, args), opts?.parent) : undefined;
        const subsets =
            (args.strategy ?? Strategy.Mesh) === Strategy.Mesh &&
            istioResource("DestinationRule", subsetsName, args.namespace, subsetsFor({ ...args, host }), {
                ...child,
                hooks: guard && { beforeUpdate: [guard.subsets] },
            });
        const routes = istioResource(
            "VirtualService",
            routesName,
            args.namespace,
            gateways ? { hosts: spec.hosts, gateways, http: spec.http, tcp: spec.tcp } : spec,
            { ...child, ...(subsets && { dependsOn: subsets }), hooks: stepHooks(name, args.mesh, guard?.routes) },
            args.blueGreen ? { [blueGreenAnnotation]: args.blueGreen } : undefined,
        );
        const applied = specOf<VirtualServiceSpec>(routes);
        this.weights = applied.apply(weightsIn);
        this.canaryHeader = applied.apply(canaryHeaderIn);
        this.registerOutputs({ weights: this.weights, canaryHeader: this.canaryHeader });
    }
}

function guardedSplit(service: string, spec: VirtualServiceSpec, args: TrafficSplitArgs): GuardedSplit {
    const { weights, versions, mesh } = args;
    const proposed = trafficIn(spec, service).traffic ?? { service, weights, reachableByHeader: [] };
    const drains = args.strategy === Strategy.Namespaces;
    return { service, host: spec.hosts[0] ?? service, proposed, drains, mesh, ...stepLimits(args, versions) };
}

type Routes = Omit<VirtualServiceSpec, "gateways"> & { gateways?: pulumi.Input<string>[] };

function istioResource(
    kind: string,
    name: string,
    namespace: pulumi.Input<string>,
    spec: DestinationRuleSpec | Routes,
    opts: pulumi.CustomResourceOptions,
    annotations?: Record<string, string>,
): k8s.apiextensions.CustomResource {
    return new k8s.apiextensions.CustomResource(
        name,
        { apiVersion: "networking.istio.io/v1", kind, metadata: { name, namespace, annotations }, spec },
        opts,
    );
}

/** A CustomResource has its spec as an output that its type does not tell of. */
function specOf<Spec>(resource: k8s.apiextensions.CustomResource): pulumi.Output<Spec> {
    return (resource as k8s.apiextensions.CustomResource & { spec: pulumi.Output<Spec> }).spec;
}

function refuseUnfit(name: string, args: TrafficSplitArgs): void {
    const { weights, versions, canaryHeader, routing = {}, strategy, destinations = {} } = args;
    const problems = [
        ...weightProblems(`weights.${name}`, weights, versions),
        ...(canaryHeader ? canaryHeaderProblems("canaryHeader", canaryHeader) : []),
        ...routingProblems(`routing.${name}`, routing, versions),
    ];
    if (strategy === Strategy.Replicas)
        problems.push({ at: `strategy.${name}`, message: "replicas needs no routes: it is a ReplicaSplit" });
    if (strategy === Strategy.Pairs)
        for (const version of versions.filter((one) => !destinations[one]))
            problems.push({ at: `destinations.${version}`, message: `version ${version} has no Service to go to` });
    if (problems.length > 0)
        throw new pulumi.RunError(problems.map((problem) => `${problem.at}: ${problem.message}`).join("\n"));
}
