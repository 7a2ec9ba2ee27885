import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { annotationsFor } from "../traffic/world/marks";
import { proposalOf } from "../split/plainInputs";
import { RunHooks } from "../split/runHooks";
import { refuse } from "../split/refuse";
import { withoutContents, type ConfigSourceArgs } from "./config";
import type { PodArgs } from "./podArgs";
import { podProblems } from "./podSpec";
import { disruptionBudget, httpService, rollingDeployment } from "./rolling";
import { ownSidecarFirst, sidecarLabel } from "./sidecar";
import { versionProblems } from "../traffic/split/versionNames";

/** One version of a service. */
export interface VersionArgs {
    /** The version's name, which is also its subset's: `v1`. */
    name: string;
    /** What its container runs: `registry/review:1`. */
    image: pulumi.Input<string>;
    /**
     * Pods of this version. Default: their number is not set here, and stays as an autoscaler or `kubectl scale` makes it; it begins
     * with 1.
     */
    replicas?: number | undefined;
    /** Environment of this version's container, beside the service's. */
    env?: Record<string, pulumi.Input<string>>;
    /** ConfigMaps and Secrets of this version, beside the service's. */
    config?: ConfigSourceArgs[];
}

/** What a service's pods and its Service are made of, whoever says how many pods each version has. */
export interface ServiceArgs extends PodArgs {
    /** The namespace, which must have sidecar injection on. */
    namespace: pulumi.Input<string>;
    /** Every version that has pods, whether or not it has traffic. */
    versions: VersionArgs[];
    /** The value of the pods' label `app`, by which the Service finds them. Default: the resource's name. */
    app?: string;
    /** Whether the pods have the mesh's proxy. Default: as their namespace says. */
    sidecar?: boolean;
    /**
     * Whether that proxy is to start before the container and end after it, whatever the mesh's own default is: as a sidecar of
     * Kubernetes. Default true.
     */
    nativeSidecar?: boolean;
    /** Seconds that a new pod must have been ready before it counts. Default 2. */
    minReadySeconds?: number;
    /** Seconds that an `up` waits for the old pods to be gone before it fails. Default 0: a change is over when the new ones serve. */
    waitSeconds?: number;
    /** What it is judged and taken away with. Default: by itself. */
    group?: string | undefined;
    /**
     * The version that users are meant to have until routes say so, as when a first deployment was cut off before them. Default: the
     * first version.
     */
    stable?: string | undefined;
}

/** The arguments of a VersionedService. */
export interface VersionedServiceArgs extends ServiceArgs {
    /** The order in which versions change, where one must be done before the next begins. Default: all at once. */
    order?: pulumi.Input<string[]> | undefined;
    /** Whether preview and `up` refuse an unsafe change of the pods: new code under users, a serving version without pods. Default true. */
    guard?: boolean | undefined;
    /** Annotations of the Service. */
    serviceAnnotations?: Record<string, string>;
}

/**
 * A microservice in several versions side by side: one Service in front of all of them, and for each version a
 * Deployment `<name>-<version>` whose pods carry `app` and `version`. Which version serves is not decided here, but by a TrafficSplit.
 *
 * ```ts
 * new VersionedService("review", {
 *     namespace,
 *     versions: [{ name: "v1", image: "registry/review:1" }, { name: "v2", image: "registry/review:2" }],
 *     ports: [{ name: "http", number: 3000 }],
 *     probes: { readiness: { path: "/healthz" } },
 * });
 * ```
 */
export class VersionedService extends pulumi.ComponentResource {
    /** The name that callers address. */
    readonly host: pulumi.Output<string>;
    /** The versions' names, in the order given. */
    readonly versions: string[];
    /** Pods of each version, as applied. */
    readonly replicas: pulumi.Output<Record<string, number>>;

    /**
     * @param name The _unique_ name of the resource, and the name of the Service.
     * @throws when a port, a probe or anything else can't be as it is asked for; the message holds every problem.
     */
    constructor(name: string, args: VersionedServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        // The order is how a step is made, and nothing that a preview should show as changed.
        super("upshift:index:VersionedService", name, { ...withoutContents(args), order: undefined }, opts);
        refuse([...versionProblems(name, args.versions, args.stable), ...podProblems(name, args)]);
        const child = { parent: this };
        const app = args.app ?? name;
        const metadata = { namespace: args.namespace, labels: { app } };
        const account =
            args.serviceAccount === undefined
                ? [
                      new k8s.core.v1.ServiceAccount(
                          name,
                          { metadata: { ...metadata, name }, automountServiceAccountToken: false },
                          child,
                      ),
                  ]
                : [];
        const hooks = RunHooks.current();
        const { namespace, waitSeconds, guard = true } = args;
        const watched = { service: name, namespace, waitSeconds, guard };
        const annotations = {
            ...annotationsFor({ group: args.group, stable: stableOf(args) }),
            ...args.serviceAnnotations,
        };
        const serviceInputs = httpService(args.namespace, name, { app }, annotations, args.ports);
        hooks?.propose([proposalOf("Service", serviceInputs)]);
        const service = new k8s.core.v1.Service(name, serviceInputs, {
            ...child,
            ...(hooks && { hooks: hooks.ofObject(name, "kubernetes:core/v1:Service", this, watched) }),
        });
        const deployments = new Map<string, k8s.apps.v1.Deployment>();
        for (const version of args.versions) {
            const { replicas } = version;
            const rolling = {
                namespace: args.namespace,
                name: `${name}-${version.name}`,
                selector: { app, version: version.name },
                labels: { ...args.podLabels, ...sidecarLabel(args.sidecar) },
                annotations: { ...ownSidecarFirst(args), ...args.podAnnotations },
                replicas,
                minReadySeconds: args.minReadySeconds,
                pod: {
                    ...args,
                    name,
                    image: version.image,
                    env: { ...args.env, ...version.env },
                    config: [...(args.config ?? []), ...(version.config ?? [])],
                },
            };
            const inputs = rollingDeployment(rolling, this);
            hooks?.propose([proposalOf("Deployment", inputs)]);
            deployments.set(
                version.name,
                new k8s.apps.v1.Deployment(rolling.name, inputs, {
                    ...child,
                    dependsOn: earlier(version.name, args.order, deployments, [...account, service]),
                    ...(hooks && { hooks: hooks.ofPods(rolling.name, this, watched) }),
                    // A number that was set here once and is left out now would be given back, and the API server would make it 1.
                    ...(replicas === undefined && { ignoreChanges: ["spec.replicas"] }),
                }),
            );
            new k8s.policy.v1.PodDisruptionBudget(rolling.name, disruptionBudget(rolling), child);
        }
        this.replicas = pulumi.all(
            Object.fromEntries([...deployments].map(([version, { spec }]) => [version, podsIn(spec)])),
        );
        this.host = service.metadata.name;
        this.versions = args.versions.map((version) => version.name);
        this.registerOutputs({ host: this.host, versions: this.versions, replicas: this.replicas });
    }
}

/** Of a single version there is nothing to say: its pods may get new code in place. */
function stableOf({ versions, stable = versions[0]?.name }: VersionedServiceArgs): string | undefined {
    return versions.length > 1 ? stable : undefined;
}

/** What says nothing of its pods has one. */
function podsIn(spec: k8s.apps.v1.Deployment["spec"]): pulumi.Output<number> {
    return spec.replicas.apply((pods) => (pods as number | undefined) ?? 1);
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
