import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { blueGreenAnnotation } from "./annotations";
import { trafficIn } from "./applied";
import { ChainGuard } from "./chainGuard";
import { canHook, guardHooks } from "./guardHooks";
import { CanaryHeader, canaryHeaderProblems } from "./headerMatch";
import {
    canaryHeaderIn,
    DestinationRuleSpec,
    routesFor,
    SplitSpec,
    subsetsFor,
    VirtualServiceSpec,
    weightsIn,
} from "./routes";
import type { MeshAccess } from "./meshAccess";
import { stepHooks } from "./stepHooks";
import { weightProblems, Weights } from "./weights";

/** The arguments of a TrafficSplit. */
export interface TrafficSplitArgs {
    /** The namespace of the service. */
    namespace: pulumi.Input<string>;
    /** Every version that has pods, in a fixed order; each becomes a subset. */
    versions: string[];
    /** Percent of requests per version: whole numbers that sum to 100. Plain numbers, so that a preview knows them. */
    weights: Record<string, number>;
    /** Requests that carry this header reach its version whatever the weights. */
    canaryHeader?: CanaryHeader;
    /** How long a request may take: `10s`. Default: no limit. */
    timeout?: string;
    /** How often the mesh tries a failed request again. Default 0. */
    retryAttempts?: number;
    /** How the mesh is reached to see what its proxies know. Without it an `up` returns before they took the change. */
    mesh?: MeshAccess;
    /** The version that a rollback returns to: moves towards it are never limited. Default: the first version. */
    stable?: string;
    /** How far one `up` may go. Default: 25 points. */
    limits?: TrafficLimits;
    /**
     * Declares a blue/green switch: this version may go to 100 at once, if what is applied already leads to it by a header and it
     * has as many ready pods as the stable one (which only `mesh` can tell).
     */
    blueGreen?: string;
    /** Whether preview and `up` refuse a step beyond the limits. Default true. */
    guard?: boolean;
}

/** How far one step of a service may go. */
export interface TrafficLimits {
    /** Points of percent by which one `up` may raise a version. Default 25. */
    maxRaise?: number;
    /** Points by which one `up` may raise all services with the same parent, added up; from 100 on without limit. Default: maxRaise. */
    maxRaiseTogether?: number;
}

/** Points by which one step may raise a version where nothing else is said. */
export const defaultMaxRaise = 25;

/**
 * Splits a service's traffic between its versions: a DestinationRule `<name>-dr` with a subset a version, and a
 * VirtualService `<name>-vs` with the canary header's rule above the weighted one.
 *
 * An update is one safe step: it waits until the callers' proxies know the subsets and their endpoints, then
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
     * @throws when the weights or the header can't be applied; the message holds every problem.
     */
    constructor(name: string, args: TrafficSplitArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:TrafficSplit", name, args, opts);
        const spec: SplitSpec = { ...args, host: name };
        refuseUnfit(name, spec);
        const child = { parent: this };
        const guard = (args.guard ?? true) && canHook() ? guardOf(spec, args, opts?.parent) : undefined;
        const subsets = istioResource("DestinationRule", `${name}-dr`, args.namespace, subsetsFor(spec), {
            ...child,
            hooks: guard && { beforeUpdate: [guard.subsets] },
        });
        const routes = istioResource(
            "VirtualService",
            `${name}-vs`,
            args.namespace,
            routesFor(spec),
            { ...child, dependsOn: subsets, hooks: stepHooks(name, args.mesh, guard?.routes) },
            args.blueGreen ? { [blueGreenAnnotation]: args.blueGreen } : undefined,
        );
        const applied = specOf<VirtualServiceSpec>(routes);
        this.weights = applied.apply(weightsIn);
        this.canaryHeader = applied.apply(canaryHeaderIn);
        this.registerOutputs({ weights: this.weights, canaryHeader: this.canaryHeader });
    }
}

/** Splits with the same parent are one chain; a run is told by its monitor, because one process may have several. */
function guardOf(spec: SplitSpec, args: TrafficSplitArgs, parent?: pulumi.Resource): ReturnType<typeof guardHooks> {
    const proposed = trafficIn(routesFor(spec), spec.host).traffic;
    const chain = ChainGuard.of(parent ?? pulumi.runtime.getMonitor() ?? {});
    const split = {
        service: spec.host,
        proposed: proposed ?? { service: spec.host, weights: spec.weights, reachableByHeader: [] },
        stable: args.stable ?? spec.versions[0] ?? "",
        blueGreen: args.blueGreen,
        maxRaise: args.limits?.maxRaise ?? defaultMaxRaise,
        maxRaiseTogether: args.limits?.maxRaiseTogether,
        mesh: args.mesh,
    };
    chain.add(split);
    return guardHooks(chain, split);
}

function istioResource(
    kind: string,
    name: string,
    namespace: pulumi.Input<string>,
    spec: DestinationRuleSpec | VirtualServiceSpec,
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

function refuseUnfit(name: string, spec: SplitSpec): void {
    const header = spec.canaryHeader ? canaryHeaderProblems("canaryHeader", spec.canaryHeader) : [];
    const problems = [...weightProblems(`weights.${name}`, spec.weights, spec.versions), ...header];
    if (problems.length > 0)
        throw new pulumi.RunError(problems.map((problem) => `${problem.at}: ${problem.message}`).join("\n"));
}
