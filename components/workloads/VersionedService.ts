import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { annotationsFor } from "../traffic/world/marks";
import { proposalOf } from "../split/plainInputs";
import { RunHooks } from "../split/runHooks";
import { disruptionBudget, httpService, rollingDeployment } from "./rolling";
import { sidecarLabel } from "./sidecar";

/** One version of a service. */
export interface VersionArgs {
    /** The version's name, which is also its subset's: `v1`. */
    name: string;
    image: pulumi.Input<string>;
    /** Pods of this version. Default 1. */
    replicas?: number;
    /** Environment of this version's container, beside the service's. */
    env?: Record<string, pulumi.Input<string>>;
}

/** What a service's pods and its Service are made of, whoever says how many pods each version has. */
export interface ServiceArgs {
    /** The namespace, which must have sidecar injection on. */
    namespace: pulumi.Input<string>;
    /** Every version that has pods, whether or not it has traffic. */
    versions: VersionArgs[];
    /** Arguments of the image's entry point. */
    args?: string[];
    /** Environment of the container by name. */
    env?: Record<string, pulumi.Input<string>>;
    /** A Secret in the same namespace whose keys become environment variables. */
    envFromSecret?: pulumi.Input<string>;
    /** A Secret in the same namespace that is mounted read-only at `/secrets`. */
    secretFiles?: pulumi.Input<string>;
    /** The value of the pods' label `app`, by which the Service finds them. Default: the resource's name. */
    app?: string;
    /** Whether the pods have the mesh's proxy. Default: as their namespace says. */
    sidecar?: boolean;
    /** Seconds that a new pod must have been ready before it counts. Default 2. */
    minReadySeconds?: number;
    /** Seconds that an `up` waits for the old pods to be gone before it fails. Default 0: a change is over when the new ones serve. */
    waitSeconds?: number;
    /** What it is judged and taken away with. Default: by itself. */
    group?: string;
}

/** The arguments of a VersionedService. */
export interface VersionedServiceArgs extends ServiceArgs {
    /** The order in which versions change, where one must be done before the next begins. Default: all at once. */
    order?: pulumi.Input<string[]>;
    /** Whether preview and `up` refuse an unsafe change of the pods: new code under users, a serving version without pods. Default true. */
    guard?: boolean;
    /** Annotations of the Service. */
    serviceAnnotations?: Record<string, string>;
}

/**
 * A microservice in several versions side by side: one Service in front of all of them, and for each version a
 * Deployment `<name>-<version>` whose pods carry `app` and `version`. Which version serves is not decided here, but by a TrafficSplit.
 *
 * ```ts
 * new VersionedService("review", { namespace, versions: [{ name: "v1", image: "demo:v1" }, { name: "v2", image: "demo:v2" }] });
 * ```
 */
export class VersionedService extends pulumi.ComponentResource {
    /** The name that callers address. */
    readonly host: pulumi.Output<string>;
    /** The versions' names, in the order given. */
    readonly versions: string[];
    /** Pods of each version, as applied. */
    readonly replicas: pulumi.Output<Record<string, number>>;

    /** @param name The _unique_ name of the resource, and the name of the Service. */
    constructor(name: string, args: VersionedServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        // The order is how a step is made, and nothing that a preview should show as changed.
        super("upshift:index:VersionedService", name, { ...args, order: undefined }, opts);
        const child = { parent: this };
        const app = args.app ?? name;
        const metadata = { namespace: args.namespace, labels: { app } };
        const account = new k8s.core.v1.ServiceAccount(
            name,
            { metadata: { ...metadata, name }, automountServiceAccountToken: false },
            child,
        );
        const hooks = RunHooks.current();
        const watched = { service: name, waitSeconds: args.waitSeconds, guard: args.guard ?? true };
        const annotations = args.serviceAnnotations ?? annotationsFor({ group: args.group });
        const serviceInputs = httpService(args.namespace, name, { app }, annotations);
        hooks?.propose([proposalOf("Service", serviceInputs)]);
        const service = new k8s.core.v1.Service(name, serviceInputs, {
            ...child,
            hooks: hooks?.ofObject(name, "kubernetes:core/v1:Service", this, watched),
        });
        const deployments = new Map<string, k8s.apps.v1.Deployment>();
        for (const version of args.versions) {
            const rolling = {
                namespace: args.namespace,
                name: `${name}-${version.name}`,
                selector: { app, version: version.name },
                labels: sidecarLabel(args.sidecar),
                replicas: version.replicas ?? 1,
                minReadySeconds: args.minReadySeconds,
                pod: { ...args, name, image: version.image, env: { ...args.env, ...version.env } },
            };
            const inputs = rollingDeployment(rolling);
            hooks?.propose([proposalOf("Deployment", inputs)]);
            deployments.set(
                version.name,
                new k8s.apps.v1.Deployment(rolling.name, inputs, {
                    ...child,
                    dependsOn: earlier(version.name, args.order, deployments, [account, service]),
                    hooks: hooks?.ofPods(rolling.name, this, watched),
                }),
            );
            new k8s.policy.v1.PodDisruptionBudget(rolling.name, disruptionBudget(rolling), child);
        }
        this.replicas = pulumi.all(
            Object.fromEntries([...deployments].map(([version, { spec }]) => [version, spec.replicas])),
        );
        this.host = service.metadata.name;
        this.versions = args.versions.map((version) => version.name);
        this.registerOutputs({ host: this.host, versions: this.versions, replicas: this.replicas });
    }
}

/** What a version waits for: the versions before it in the order, whose Deployments may not be made yet. */
function earlier(
    version: string,
    order: pulumi.Input<string[]> | undefined,
    deployments: ReadonlyMap<string, pulumi.Resource>,
    always: pulumi.Resource[],
): pulumi.Input<pulumi.Input<pulumi.Resource>[]> {
    if (!order) return always;
    return pulumi.output(order).apply((names) => {
        const first = names.slice(0, Math.max(0, names.indexOf(version)));
        return [...always, ...first.flatMap((name) => deployments.get(name) ?? [])];
    });
}
