import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { Gateway } from "../../components/mesh/Gateway";
import { meshNamespace } from "../../components/mesh/namespace";
import { annotationsFor } from "../../components/traffic/world/marks";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import type { HttpRoute } from "../../components/traffic/world/istio";
import type { Routing } from "../../components/traffic/split/routing";
import { type StepArgs, TrafficSplit } from "../../components/split/TrafficSplit";
import type { Weights } from "../../components/traffic/split/weights";
import {
    type VersionArgs,
    VersionedService,
    type VersionedServiceArgs,
} from "../../components/workloads/VersionedService";
import { demoService } from "../demoPods";

/** The arguments of a Workshop. */
export interface WorkshopArgs {
    /** The host name that the gateway serves; `*` for every one. */
    host: string;
    /** The namespace of the mesh's edge, where the gateway is. */
    edge: pulumi.Input<string>;
    /** The versions of web-frontend: one. */
    frontend: VersionArgs[];
    /** The versions of customers that have pods. */
    customers: VersionArgs[];
    /** Every version of customers that the routes may name; its subset is there before its pods are. */
    subsets: string[];
    /** Percent of requests per version of customers. */
    weights: Record<string, number>;
    canaryHeader?: CanaryHeader | undefined;
    /** What the routes of customers do beside splitting. */
    routing?: Routing;
    /** How far one step may go. */
    step?: StepArgs;
}

/** Everything at the gateway goes to web-frontend, and nothing is tried again: a failed request is to be seen. */
const toFrontend: HttpRoute = { route: [{ destination: { host: "web-frontend" } }], retries: { attempts: 0 } };

/**
 * The two services of seed 002: web-frontend shows on a page what customers lists. Customers is split; its new version
 * is deployed as a step of its own, when the routes already keep everybody on the old one.
 */
export class Workshop extends pulumi.ComponentResource {
    /** Weights of customers as applied. */
    readonly weights: pulumi.Output<Weights>;
    /** The canary header of customers as applied. */
    readonly canaryHeader: pulumi.Output<CanaryHeader | undefined>;
    /** The namespace of both services. */
    readonly namespace: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource, and of the namespace. */
    constructor(name: string, args: WorkshopArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Workshop", name, {}, opts);
        const child = { parent: this };
        const namespace = meshNamespace(name, child);
        const service = { namespace, group: args.step?.group };
        const frontend = deploy("web-frontend", { ...service, versions: args.frontend }, child);
        const customers = deploy(
            "customers",
            { ...service, versions: args.customers, stable: args.step?.stable },
            child,
        );
        const split = new TrafficSplit(
            "customers",
            {
                namespace,
                versions: args.subsets,
                weights: args.weights,
                canaryHeader: args.canaryHeader,
                routing: args.routing,
                subsetsName: "customers",
                routesName: "customers",
                step: args.step,
            },
            { ...child, dependsOn: customers },
        );
        const gateway = new Gateway(
            "workshop-gateway",
            { namespace: args.edge, hosts: [args.host], tls: false },
            child,
        );
        new k8s.apiextensions.CustomResource(
            "web-frontend",
            {
                apiVersion: "networking.istio.io/v1",
                kind: "VirtualService",
                metadata: { name: "web-frontend", namespace, annotations: annotationsFor({ group: args.step?.group }) },
                spec: { hosts: [args.host], gateways: [gateway.reference], http: [toFrontend] },
            },
            { ...child, dependsOn: [frontend, split] },
        );
        this.namespace = namespace;
        this.weights = split.weights;
        this.canaryHeader = split.canaryHeader;
        this.registerOutputs({ weights: this.weights, canaryHeader: this.canaryHeader });
    }
}

function deploy(
    name: string,
    service: Omit<VersionedServiceArgs, "ports">,
    opts: pulumi.ComponentResourceOptions,
): VersionedService {
    return new VersionedService(name, { ...service, ...demoService(service.versions), args: [name] }, opts);
}
