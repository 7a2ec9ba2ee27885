import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { CanaryHeader } from "../../components/traffic/split/headerMatch";
import { annotationsFor } from "../../components/traffic/world/marks";
import type { Routing } from "../../components/traffic/split/routing";
import { sharesOf } from "../../components/traffic/split/replicas";
import { ServiceStrategy } from "../../components/traffic/split/strategy";
import { type StepArgs, TrafficSplit } from "../../components/split/TrafficSplit";
import type { Weights } from "../../components/traffic/split/weights";
import { ReplicaSplit } from "../../components/split/ReplicaSplit";
import {
    type VersionArgs,
    VersionedService,
    type VersionedServiceArgs,
} from "../../components/workloads/VersionedService";
import { demoPods, demoService } from "../demoPods";
import { AlbIngress, type AlbSettings } from "./AlbIngress";
import { Database, type DatabaseAccess } from "./Database";
import { edgeRoutes } from "./edge";
import { notificationTracingName, tracingEnv } from "./tracing";
import { XRayDaemon, type XRayDaemonArgs } from "./XRayDaemon";

/** The arguments of a Notifications. */
export interface NotificationsArgs {
    /** The host name under which the gateway serves it. */
    host: string;
    /** The gateway that serves it, as a VirtualService names it. */
    gateway: pulumi.Input<string>;
    /** The one version of user-management. */
    userManagement: VersionArgs[];
    notification: NotificationArgs;
    database: DatabaseAccess;
    xray: Omit<XRayDaemonArgs, "namespace">;
    /** What AWS's controllers are told. */
    alb: AlbSettings;
    /** How many of the requests are traced, in percent. Default 100. */
    tracedPercent?: number | undefined;
}

/** The service in two versions. */
export interface NotificationArgs {
    versions: VersionArgs[];
    /** Percent of calls per version. */
    weights: Record<string, number>;
    /** `replicas`: by the number of pods, as the document does it. `mesh`: by the mesh's weights, as it advises in the end. Default `replicas`. */
    strategy?: ServiceStrategy | undefined;
    /** Pods of all versions together, for strategy `replicas`. Default 4. */
    total?: number;
    /** For strategy `mesh`. */
    canaryHeader?: CanaryHeader | undefined;
    /** What the routes do beside splitting, for strategy `mesh`. */
    routing?: Routing;
    /** How far one step may go. */
    step?: StepArgs;
}

/**
 * The system of seed 003: user-management keeps users in MySQL and calls notification, which is there in two versions; both
 * write X-Ray's segments.
 *
 * With strategy `replicas` no pod has a sidecar: the caller's proxy would pick pods by itself, and the shares would be
 * those of Envoy and not those of the Service. With strategy `mesh` caller and callee have one.
 */
export class Notifications extends pulumi.ComponentResource {
    /** Weights as applied, by service. */
    readonly weights: pulumi.Output<Record<string, Weights>>;
    /** Canary headers as applied, by service. */
    readonly canaryHeaders: pulumi.Output<Record<string, CanaryHeader | undefined>>;

    /** @param name The _unique_ name of the resource, and of the namespace. */
    constructor(name: string, args: NotificationsArgs, opts?: pulumi.ComponentResourceOptions) {
        // Without inputs: a preview would show all of them at each step, and what changes stands in the parts.
        super("upshift:index:Notifications", name, {}, opts);
        const sidecar = args.notification.strategy === ServiceStrategy.Mesh;
        const namespace = new k8s.core.v1.Namespace(
            name,
            {
                metadata: {
                    name,
                    labels: {
                        "istio-injection": sidecar ? "enabled" : "disabled",
                        "pod-security.kubernetes.io/warn": "baseline",
                    },
                },
            },
            { parent: this },
        );
        const inside = { parent: this, dependsOn: namespace };
        const database = new Database("mysql", { namespace: name, ...args.database }, inside);
        const xray = new XRayDaemon("xray-daemon", { namespace: name, ...args.xray }, inside);
        const { notification } = args;
        const tracing = (tracingName: string) => tracingEnv(tracingName, xray.address, args.tracedPercent);
        const callee = deploy(
            {
                ...notification,
                versions: notification.versions.map((version) => ({
                    ...version,
                    env: tracing(notificationTracingName(version.name)),
                })),
            },
            {
                namespace: name,
                ...demoPods(),
                app: "notification-restapp",
                args: ["notification"],
                sidecar,
                group: notification.step?.group,
            },
            inside,
        );
        const caller = new VersionedService(
            "user-management",
            {
                namespace: name,
                ...demoService(args.userManagement, {
                    ...database.env,
                    ...tracing("User-Management-Microservice"),
                    NOTIFICATION_SERVICE_HOST: callee.pods.host,
                    NOTIFICATION_SERVICE_PORT: "80",
                    // Time for TCP to send the first packet of a call's connection again, after 1 s and after 3 s.
                    CALL_TIMEOUT: "5s",
                }),
                app: "usermgmt-restapp",
                args: ["user-management"],
                config: [{ secret: database.secret }],
                sidecar,
                group: notification.step?.group,
            },
            inside,
        );
        const routes = sidecar ? splitByMesh(name, args, [callee.pods, caller], this) : undefined;
        serveAtTheEdge(name, args, caller, xray, this);
        this.weights = pulumi.all(named(routes?.weights ?? callee.shares));
        this.canaryHeaders = pulumi.all(routes ? named(routes.canaryHeader) : {});
        this.registerOutputs({ weights: this.weights, canaryHeaders: this.canaryHeaders });
    }
}

/** What is known of the one service that is split. */
function named<T>(value: pulumi.Output<T>): Record<string, pulumi.Output<T>> {
    return { notification: value };
}

/** The pods of notification, and the shares that their numbers give. */
function deploy(
    { versions, weights, strategy, total = 4, step }: NotificationArgs,
    pods: Omit<VersionedServiceArgs, "versions"> & { namespace: string },
    opts: pulumi.ComponentResourceOptions & { parent: pulumi.Resource },
): { pods: ReplicaSplit | VersionedService; shares: pulumi.Output<Weights> } {
    if (strategy !== ServiceStrategy.Mesh) {
        const split = new ReplicaSplit("notification", { ...pods, versions, weights, total, step }, opts);
        return { pods: split, shares: split.weights };
    }
    // They are the same pods when the strategy changes: else they would be made anew, and the old ones' end would be theirs.
    const before = pulumi.createUrn("notification", "upshift:index:ReplicaSplit", opts.parent);
    const service = new VersionedService(
        "notification",
        { ...pods, ...demoService(versions), stable: step?.stable },
        { ...opts, aliases: [{ parent: before }] },
    );
    return { pods: service, shares: service.replicas.apply(sharesOf) };
}

/** The improvement that the document names in the end: the mesh counts requests, and the pods' number no longer matters. */
function splitByMesh(
    namespace: string,
    { notification }: NotificationsArgs,
    deployed: pulumi.Resource[],
    parent: pulumi.Resource,
): TrafficSplit {
    const { versions, weights, canaryHeader, routing, step } = notification;
    return new TrafficSplit(
        "notification",
        {
            namespace,
            versions: versions.map((version) => version.name),
            weights,
            canaryHeader,
            routing,
            pods: Object.fromEntries(versions.map((version) => [version.name, version.replicas ?? 1])),
            step,
        },
        { parent, dependsOn: deployed },
    );
}

/** The ALB as it would be on AWS, and the mesh's gateway, which serves the same here. */
function serveAtTheEdge(
    name: string,
    { host, gateway, alb, xray, notification }: NotificationsArgs,
    caller: VersionedService,
    daemon: XRayDaemon,
    parent: pulumi.Resource,
): void {
    const after = { parent, dependsOn: caller };
    new AlbIngress(`${name}-alb`, { namespace: name, service: caller.host, ...alb }, after);
    new k8s.apiextensions.CustomResource(
        `${name}-edge-vs`,
        {
            apiVersion: "networking.istio.io/v1",
            kind: "VirtualService",
            metadata: {
                name: `${name}-edge-vs`,
                namespace: name,
                annotations: annotationsFor({ group: notification.step?.group }),
            },
            spec: edgeRoutes(host, gateway, caller.host, (xray.collects ?? true) ? daemon.service : undefined),
        },
        after,
    );
}
