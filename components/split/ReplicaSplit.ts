import * as pulumi from "@pulumi/pulumi";
import { defaultWaitSeconds } from "./meshAccess";
import { plain } from "./plainInputs";
import { RunHooks } from "./runHooks";
import { describeShortfall, replicasFor, sharesOf, totalProblems } from "../traffic/split/replicas";
import { annotationsFor } from "../traffic/world/marks";
import { marksFor, type StepArgs } from "./stepArgs";
import { weightProblems, type Weights } from "../traffic/split/weights";
import { scaleUpFirst } from "../workloads/scaleUpFirst";
import { type ServiceArgs, type VersionArgs, VersionedService } from "../workloads/VersionedService";
import { withoutContents } from "../workloads/config";
import { refuse } from "./refuse";

/** The arguments of a ReplicaSplit: those of a VersionedService, where the weights and the total say how many pods there are. */
export interface ReplicaSplitArgs extends ServiceArgs {
    /** Every version; its `replicas` follow from the weights. */
    versions: VersionArgs[];
    /** Percent of requests per version: whole numbers that sum to 100. */
    weights: Record<string, number>;
    /** Pods of all versions together: the one knob. */
    total: number;
    /** How far one step may go. There is no switch: no header reaches a version of its own. */
    step?: StepArgs | undefined;
}

/**
 * Splits a service's traffic without a mesh: a version's share is its share of the pods behind one Service (seed 003).
 * What the pods can't give exactly is said, with the nearest shares; versions that grow come before those that shrink.
 *
 * ```ts
 * new ReplicaSplit("notification", { namespace, versions, weights: { v1: 75, v2: 25 }, total: 4 });
 * ```
 */
export class ReplicaSplit extends pulumi.ComponentResource {
    /** The name that callers address. */
    readonly host: pulumi.Output<string>;
    /** The shares that the applied pods have, in percent. */
    readonly weights: pulumi.Output<Weights>;

    /**
     * @param name The _unique_ name of the resource, and of the Service.
     * @throws when the weights can't be applied; the message holds every problem.
     */
    constructor(name: string, args: ReplicaSplitArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:ReplicaSplit", name, withoutContents(args), opts);
        const { weights, total, waitSeconds = defaultWaitSeconds, step = {}, ...service } = args;
        const names = args.versions.map((version) => version.name);
        refuse([
            ...weightProblems(`weights.${name}`, weights, names),
            ...totalProblems(`total.${name}`, weights, total),
        ]);
        const hooks = RunHooks.current();
        const found = replicasFor(weights, total, names);
        const shortfall = describeShortfall(name, weights, found);
        if (shortfall) void pulumi.log.warn(shortfall, this);
        const deployed = new VersionedService(
            name,
            {
                ...service,
                // A pod that drains still has its share: the step is made when it has gone.
                waitSeconds,
                guard: step.guard,
                // Where shares follow the pods, no proxy is asked for.
                nativeSidecar: false,
                serviceAnnotations: annotationsFor(marksFor(name, { ...step, blueGreen: undefined }, names)),
                versions: args.versions.map((version) => ({ ...version, replicas: found.counts[version.name] })),
                order: hooks && this.growingFirst(hooks, name, args.namespace, found.counts),
            },
            // They are the same pods when the strategy changes to this one: without it they had the parent that this has.
            { parent: this, aliases: [{ parent: opts?.parent ?? pulumi.rootStackResource }] },
        );
        this.host = deployed.host;
        this.weights = deployed.replicas.apply(sharesOf);
        // None that a step changes: see TrafficSplit.
        this.registerOutputs({ host: this.host });
    }

    /** The order of this step; none where nothing is known of the cluster yet, and nothing runs that could be interrupted. */
    private async growingFirst(
        hooks: RunHooks,
        name: string,
        namespace: pulumi.Input<string>,
        counts: Readonly<Record<string, number>>,
    ): Promise<string[]> {
        const [access, place] = await Promise.all([hooks.accessOf(this), plain(namespace)]);
        if (!access || typeof place !== "string") return [];
        return scaleUpFirst(access, place, counts, (version) => `${name}-${version}`);
    }
}
