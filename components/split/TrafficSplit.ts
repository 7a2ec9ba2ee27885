import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { annotationsFor } from "../traffic/world/marks";
import { type CanaryHeader, canaryHeaderProblems } from "../traffic/split/headerMatch";
import type { DestinationRuleSpec, VirtualServiceSpec } from "../traffic/world/istio";
import { defaultWaitSeconds } from "./meshAccess";
import { canaryHeaderIn, routesFor, weightsIn } from "../traffic/split/routes";
import { type Routing, routingProblems } from "../traffic/split/routing";
import type { Problem } from "../traffic/split/problem";
import { nameProblems } from "../traffic/split/versionNames";
import { proposalOf } from "./plainInputs";
import { refuse } from "./refuse";
import { RunHooks } from "./runHooks";
import { marksFor, type StepArgs } from "./stepArgs";
import { Strategy } from "../traffic/split/strategy";
import { subsetsFor } from "../traffic/split/subsets";
import { weightProblems, type Weights } from "../traffic/split/weights";

export type { StepArgs, TrafficLimits } from "./stepArgs";

/** The arguments of a TrafficSplit. */
export interface TrafficSplitArgs {
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
    /** The label of the pods that says which version they are, for strategy `mesh`: `app.kubernetes.io/version`. Default `version`. */
    versionLabel?: string;
    /** That label's value for each version whose name is another: `{ v1: "1.25.0" }`. */
    labelValues?: Record<string, string>;
    /** Labels that the pods of every version must have besides, where others have named them in the subsets: `{ app: "review" }`. */
    subsetLabels?: Record<string, string>;
    /** The Service of each version, for strategy `pairs`. */
    destinations?: Record<string, string>;
    /** Percent of requests per version: whole numbers that sum to 100. Plain numbers, so that a preview knows them. */
    weights: Record<string, number>;
    /** Requests that carry this header reach its version whatever the weights. */
    canaryHeader?: CanaryHeader | undefined;
    /** Whether requests go to the version that the edge chose for their whole chain (header `x-release`). Default false. */
    inChain?: boolean;
    /** What the routes do beside splitting. */
    routing?: Routing | undefined;
    /** Pods of each version, by which outlier detection is sized. Default 1. */
    pods?: Record<string, number>;
    /** How far one step may go. */
    step?: StepArgs | undefined;
    /** The VirtualService's name. Default `<name>-vs`. */
    routesName?: string;
    /** The DestinationRule's name. Default `<name>-dr`. */
    subsetsName?: string;
    /** Seconds that an `up` waits for the callers' proxies before it fails. Default 60; at 0 it returns before they took the change. */
    waitSeconds?: number;
}

/**
 * Splits a service's traffic between its versions: a DestinationRule `<name>-dr` with a subset a version (strategy
 * `mesh` alone), and a VirtualService `<name>-vs` with the rules for testers above the weighted one.
 *
 * An update is one safe step: it waits until the callers' proxies know the destinations and their endpoints, then
 * changes the routes, and returns when every calling proxy has them.
 *
 * The Service and the pods may be anybody's: made here by a VersionedService, or by Helm or another stack long ago, as Deployments,
 * StatefulSets or DaemonSets. With `mesh`, the first split is measured against what those pods serve today, and refused where it
 * would lead to nobody.
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
        const {
            gateways,
            namespace,
            service: host = name,
            routesName = `${name}-vs`,
            subsetsName = `${name}-dr`,
            step = {},
            waitSeconds = defaultWaitSeconds,
        } = args;
        const spec = routesFor({ ...args, host, gateways: undefined });
        const annotations = annotationsFor(marksFor(name, step, args.versions));
        const routesInputs = istioObject(
            "VirtualService",
            routesName,
            namespace,
            withGateways(spec, gateways),
            annotations,
        );
        const isByMesh = (args.strategy ?? Strategy.Mesh) === Strategy.Mesh;
        const subsetsSpec = isByMesh ? subsetsFor({ ...args, host }) : undefined;
        const subsetsInputs = subsetsSpec && istioObject("DestinationRule", subsetsName, namespace, subsetsSpec);
        const hooks = RunHooks.current();
        const watched = {
            service: name,
            namespace,
            waitSeconds,
            guard: step.guard ?? true,
            limits: step.limits,
            asked: { routes: spec, subsets: subsetsSpec?.subsets, isForMesh: !gateways },
        };
        const proposed = proposalOf("VirtualService", routesInputs);
        hooks?.propose([proposed, ...(subsetsInputs ? [proposalOf("DestinationRule", subsetsInputs)] : [])]);
        const subsets =
            subsetsInputs &&
            new k8s.apiextensions.CustomResource(subsetsName, subsetsInputs, {
                parent: this,
                ...(hooks && {
                    hooks: hooks.ofObject(
                        subsetsName,
                        "kubernetes:networking.istio.io/v1:DestinationRule",
                        this,
                        watched,
                    ),
                }),
            });
        const routes = new k8s.apiextensions.CustomResource(routesName, routesInputs, {
            parent: this,
            ...(subsets && { dependsOn: subsets }),
            ...(hooks && { hooks: hooks.ofRoutes(routesName, this, watched, proposed) }),
        });
        const applied = specOf<VirtualServiceSpec>(routes);
        this.weights = applied.apply(weightsIn);
        this.canaryHeader = applied.apply(canaryHeaderIn);
        // None that a step changes: for each the engine would write all of the state once more, and take up nothing else meanwhile.
        this.registerOutputs({});
    }
}

/** Gateways stand behind the hosts, as people write them. */
function withGateways({ hosts, http, tcp }: VirtualServiceSpec, gateways: TrafficSplitArgs["gateways"]): object {
    return { hosts, ...(gateways && { gateways }), ...(http && { http }), ...(tcp && { tcp }) };
}

function istioObject(
    kind: string,
    name: string,
    namespace: pulumi.Input<string>,
    spec: DestinationRuleSpec | object,
    annotations?: Record<string, string>,
): k8s.apiextensions.CustomResourceArgs {
    return { apiVersion: "networking.istio.io/v1", kind, metadata: { name, namespace, annotations }, spec };
}

/** A CustomResource has its spec as an output that its type does not tell of. */
function specOf<Spec>(resource: k8s.apiextensions.CustomResource): pulumi.Output<Spec> {
    return (resource as k8s.apiextensions.CustomResource & { spec: pulumi.Output<Spec> }).spec;
}

function refuseUnfit(name: string, args: TrafficSplitArgs): void {
    const { weights, versions, canaryHeader, routing = {}, strategy = Strategy.Mesh, destinations = {} } = args;
    const problems: Problem[] = [
        ...weightProblems(`weights.${name}`, weights, versions),
        ...(canaryHeader ? canaryHeaderProblems("canaryHeader", canaryHeader) : []),
        ...routingProblems(`routing.${name}`, routing, versions),
        ...(strategy === Strategy.Mesh ? labelProblems(name, args) : []),
    ];
    if (strategy === Strategy.Pairs)
        for (const version of versions.filter((one) => !destinations[one]))
            problems.push({ at: `destinations.${version}`, message: `version ${version} has no Service to go to` });
    refuse(problems);
}

/** What would be no subset, or two of the same pods. */
function labelProblems(name: string, { versions, labelValues = {} }: TrafficSplitArgs): Problem[] {
    const valueOf = (version: string): string => labelValues[version] ?? version;
    return versions.flatMap((version, index): Problem[] => {
        const same = versions.slice(0, index).find((other) => valueOf(other) === valueOf(version));
        const at = `versions.${name}.${version}`;
        if (same === undefined) return nameProblems(at, version);
        const fix = "give each a value of its own in labelValues";
        return [{ at, message: `has the label's value ${valueOf(version)}, as ${same} has`, fix }];
    });
}
