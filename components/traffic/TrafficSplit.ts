import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
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
}

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
        const subsets = istioResource("DestinationRule", `${name}-dr`, args.namespace, subsetsFor(spec), child);
        const hooks = args.mesh && stepHooks(name, args.mesh);
        const routes = istioResource("VirtualService", `${name}-vs`, args.namespace, routesFor(spec), {
            ...child,
            dependsOn: subsets,
            hooks,
        });
        const applied = specOf<VirtualServiceSpec>(routes);
        this.weights = applied.apply(weightsIn);
        this.canaryHeader = applied.apply(canaryHeaderIn);
        this.registerOutputs({ weights: this.weights, canaryHeader: this.canaryHeader });
    }
}

function istioResource(
    kind: string,
    name: string,
    namespace: pulumi.Input<string>,
    spec: DestinationRuleSpec | VirtualServiceSpec,
    opts: pulumi.CustomResourceOptions,
): k8s.apiextensions.CustomResource {
    return new k8s.apiextensions.CustomResource(
        name,
        { apiVersion: "networking.istio.io/v1", kind, metadata: { name, namespace }, spec },
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
