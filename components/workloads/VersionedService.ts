import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { PodArgs, podSpec } from "./podSpec";

/** One version of a service. */
export interface VersionArgs {
    /** The version's name, which is also its subset's: `v1`. */
    name: string;
    image: pulumi.Input<string>;
    /** Pods of this version. Default 1. */
    replicas?: number;
}

/** The arguments of a VersionedService. */
export interface VersionedServiceArgs {
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

    /** @param name The _unique_ name of the resource, and the name of the Service. */
    constructor(name: string, args: VersionedServiceArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:VersionedService", name, args, opts);
        const child = { parent: this };
        const metadata = { namespace: args.namespace, labels: { app: name } };
        const account = new k8s.core.v1.ServiceAccount(
            name,
            { metadata: { ...metadata, name }, automountServiceAccountToken: false },
            child,
        );
        const service = new k8s.core.v1.Service(
            name,
            {
                metadata: { ...metadata, name },
                spec: {
                    selector: { app: name },
                    ports: [{ name: "http", port: 80, targetPort: "http", appProtocol: "http" }],
                },
            },
            child,
        );
        for (const version of args.versions) {
            const labels = { app: name, version: version.name };
            const versionName = `${name}-${version.name}`;
            new k8s.apps.v1.Deployment(
                versionName,
                deployment(labels, version, { ...args, name, image: version.image }, args.namespace),
                { ...child, dependsOn: [account, service] },
            );
            new k8s.policy.v1.PodDisruptionBudget(
                versionName,
                {
                    metadata: { namespace: args.namespace, name: versionName, labels },
                    spec: { selector: { matchLabels: labels }, ...disruption(version.replicas ?? 1) },
                },
                child,
            );
        }
        this.host = service.metadata.name;
        this.versions = args.versions.map((version) => version.name);
        this.registerOutputs({ host: this.host, versions: this.versions });
    }
}

function deployment(
    labels: Record<string, string>,
    version: VersionArgs,
    pod: PodArgs,
    namespace: pulumi.Input<string>,
): k8s.apps.v1.DeploymentArgs {
    return {
        metadata: { namespace, name: `${pod.name}-${version.name}`, labels },
        spec: {
            replicas: version.replicas ?? 1,
            revisionHistoryLimit: 3,
            // A pod leaves only when its successor has been ready for a while.
            strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } },
            minReadySeconds: 2,
            selector: { matchLabels: labels },
            template: { metadata: { labels, annotations: proxyAnnotations() }, spec: podSpec(pod) },
        },
    };
}

/** Statistics per destination and version, which upstream Envoy leaves out by default: gates and the traffic graph read them. */
function proxyAnnotations(): Record<string, string> {
    return {
        "proxy.istio.io/config": JSON.stringify({
            proxyStatsMatcher: { inclusionRegexps: ["cluster\\.outbound.*upstream_rq.*"] },
        }),
    };
}

/** The only pod of a version may not be evicted; of several, one at a time. */
function disruption(replicas: number): { minAvailable: number } | { maxUnavailable: number } {
    return replicas > 1 ? { maxUnavailable: 1 } : { minAvailable: 1 };
}
