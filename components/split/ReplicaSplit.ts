import * as pulumi from "@pulumi/pulumi";
import type { MeshAccess } from "./meshAccess";
import { describeShortfall, replicasFor, sharesOf, totalProblems } from "../traffic/split/replicas";
import { annotationsFor } from "../traffic/world/marks";
import { marksFor, StepArgs } from "./stepArgs";
import { weightProblems, Weights } from "../traffic/split/weights";
import { scaleUpFirst } from "../workloads/scaleUpFirst";
import type { PodArgs } from "../workloads/podArgs";
import { VersionArgs, VersionedService } from "../workloads/VersionedService";
import { withoutContents } from "../workloads/config";
import { refuse } from "./refuse";

/** The arguments of a ReplicaSplit: those of a VersionedService, where the weights and the total say how many pods there are. */
export interface ReplicaSplitArgs extends PodArgs {
    /** The namespace; a plain name, as what runs in it is looked at before the step. */
    namespace: string;
    /** Every version; its `replicas` follow from the weights. */
    versions: VersionArgs[];
    /** Percent of requests per version: whole numbers that sum to 100. */
    weights: Record<string, number>;
    /** Pods of all versions together: the one knob. */
    total: number;
    /** The value of the pods' label `app`, by which the Service finds them. Default: the resource's name. */
    app?: string;
    /** Whether the pods have the mesh's proxy. Default: as their namespace says. */
    sidecar?: boolean;
    /** Seconds that a new pod must have been ready before it counts. Default 2. */
    minReadySeconds?: number;
    /** What it is judged and taken away with. Default: by itself. */
    group?: string;
    /** How the cluster is reached to see what runs now. */
    mesh?: MeshAccess;
    /** How far one step may go. There is no switch: no header reaches a version of its own. */
    step?: StepArgs;
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
        const { weights, total, mesh, step = {}, ...service } = args;
        const names = args.versions.map((version) => version.name);
        refuse([
            ...weightProblems(`weights.${name}`, weights, names),
            ...totalProblems(`total.${name}`, weights, total),
        ]);
        const found = replicasFor(weights, total, names);
        const shortfall = describeShortfall(name, weights, found);
        if (shortfall) void pulumi.log.warn(shortfall, this);
        const deployed = new VersionedService(
            name,
            {
                ...service,
                // A pod that drains still has its share: the step is made when it has gone.
                mesh,
                guard: step.guard,
                // Where shares follow the pods, no proxy is asked for.
                nativeSidecar: false,
                serviceAnnotations: annotationsFor(marksFor(name, { ...step, blueGreen: undefined }, names)),
                versions: args.versions.map((version) => ({ ...version, replicas: found.counts[version.name] })),
                order: mesh && scaleUpFirst(mesh, args.namespace, found.counts, (version) => `${name}-${version}`),
            },
            // They are the same pods when the strategy changes to this one: without it they had the parent that this has.
            { parent: this, aliases: [{ parent: opts?.parent ?? pulumi.rootStackResource }] },
        );
        this.host = deployed.host;
        this.weights = deployed.replicas.apply(sharesOf);
        this.registerOutputs({ host: this.host, weights: this.weights });
    }
}
