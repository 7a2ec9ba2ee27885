import * as pulumi from "@pulumi/pulumi";
import { Gateway } from "../../components/mesh/Gateway";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import type { Routing } from "../../components/traffic/split/routing";
import { Strategy } from "../../components/traffic/split/strategy";
import { type StepArgs, TrafficSplit } from "../../components/split/TrafficSplit";
import type { Weights } from "../../components/traffic/split/weights";
import { Environment, type EnvironmentArgs, flaskapp } from "./Environment";

/** The arguments of Stages. */
export interface StagesArgs {
    /** The host name that the gateway serves; `*` for every one. */
    host: string;
    /** The namespace of the mesh's edge, where the gateway and the routes are: they belong to neither environment. */
    edge: pulumi.Input<string>;
    /** Environment by name: prod, stage. */
    environments: Record<string, EnvironmentArgs>;
    /** Percent of requests per environment. */
    weights: Record<string, number>;
    canaryHeader?: CanaryHeader | undefined;
    /** What the routes do beside splitting. */
    routing?: Routing;
    /** How far one step may go. */
    step?: StepArgs;
}

/**
 * The demo application of seed 001: the same Service in the namespaces prod and stage, each with an image of its own,
 * and one gateway in front whose weights move users between the two.
 */
export class Stages extends pulumi.ComponentResource {
    /** Weights as applied. */
    readonly weights: pulumi.Output<Weights>;
    /** The canary header as applied. */
    readonly canaryHeader: pulumi.Output<CanaryHeader | undefined>;
    /** The environments' namespaces. */
    readonly namespaces: pulumi.Output<string>[];

    /** @param name The _unique_ name of the resource. */
    constructor(name: string, args: StagesArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Stages", name, {}, opts);
        const { host, edge, environments, step, ...split } = args;
        const child = { parent: this };
        const deployed = Object.entries(environments).map(
            ([environment, app]) =>
                new Environment(environment, { ...app, group: step?.group, guard: step?.guard }, child),
        );
        const gateway = new Gateway("app-gateway", { namespace: edge, hosts: [host], tls: false }, child);
        const demoapp = new TrafficSplit(
            "demoapp",
            {
                ...split,
                step,
                strategy: Strategy.Namespaces,
                namespace: edge,
                hosts: [host],
                gateways: [gateway.reference],
                service: flaskapp,
                versions: Object.keys(environments),
                routesName: "demoapp",
            },
            { ...child, dependsOn: deployed },
        );
        this.namespaces = deployed.map(({ namespace }) => namespace);
        this.weights = demoapp.weights;
        this.canaryHeader = demoapp.canaryHeader;
        this.registerOutputs({ weights: this.weights, canaryHeader: this.canaryHeader });
    }
}
