import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { withoutSidecar } from "../../components/workloads/sidecar";
import { restrictedContainer, restrictedPod } from "../../components/workloads/restricted";

/** The arguments of an XRayDaemon. */
export interface XRayDaemonArgs {
    namespace: pulumi.Input<string>;
    /** Our collector, or Amazon's daemon, which sends the segments on to AWS. */
    image: pulumi.Input<string>;
    /** Whether the image is our collector, which keeps the newest traces and shows them at `/xray/`. Default true. */
    collects?: boolean;
    /** The IAM role by which Amazon's daemon may write traces, as an EKS service account takes it. */
    roleArn?: string | undefined;
}

/** Where segments are taken, UDP. */
const segmentsPort = 2000;

/**
 * Takes X-Ray's segments on every node: a DaemonSet, and the Service `xray-service` in front of it.
 *
 * It has no sidecar: segments are UDP, which a mesh does not carry.
 */
export class XRayDaemon extends pulumi.ComponentResource {
    /** What `AWS_XRAY_DAEMON_ADDRESS` names: `xray-service.notifications:2000`. */
    readonly address: pulumi.Output<string>;
    /** The Service's name, which is also where a collector shows its traces, on port 80. */
    readonly service: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource, and of the DaemonSet. */
    constructor(name: string, args: XRayDaemonArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:XRayDaemon", name, {}, opts);
        const child = { parent: this };
        const { namespace, roleArn } = args;
        const labels = { app: name };
        const account = new k8s.core.v1.ServiceAccount(
            name,
            {
                metadata: {
                    name,
                    namespace,
                    labels,
                    ...(roleArn && { annotations: { "eks.amazonaws.com/role-arn": roleArn } }),
                },
                automountServiceAccountToken: false,
            },
            child,
        );
        const service = new k8s.core.v1.Service(
            "xray-service",
            {
                metadata: { name: "xray-service", namespace, labels },
                spec: {
                    selector: labels,
                    ports: [
                        { name: "udp-segments", port: segmentsPort, protocol: "UDP", targetPort: "segments" },
                        ...(collects(args) ? [{ name: "http", port: 80, targetPort: "http" }] : []),
                    ],
                },
            },
            child,
        );
        new k8s.apps.v1.DaemonSet(
            name,
            {
                metadata: { name, namespace, labels },
                spec: {
                    selector: { matchLabels: labels },
                    template: {
                        metadata: { labels: { ...labels, ...withoutSidecar } },
                        spec: pod(account.metadata.name, args),
                    },
                },
            },
            child,
        );
        this.service = service.metadata.name;
        this.address = pulumi.interpolate`${service.metadata.name}.${namespace}:${segmentsPort}`;
        this.registerOutputs({ address: this.address, service: this.service });
    }
}

const collects = (args: XRayDaemonArgs): boolean => args.collects ?? true;

function pod(account: pulumi.Input<string>, args: XRayDaemonArgs): k8s.types.input.core.v1.PodSpec {
    const isOurs = collects(args);
    return {
        serviceAccountName: account,
        automountServiceAccountToken: false,
        securityContext: restrictedPod(10001),
        containers: [
            {
                name: "xray-daemon",
                image: args.image,
                imagePullPolicy: "IfNotPresent",
                args: isOurs ? ["xray"] : ["--bind=0.0.0.0:2000"],
                ports: [
                    { name: "segments", containerPort: segmentsPort, protocol: "UDP" },
                    ...(isOurs ? [{ name: "http", containerPort: 8080 }] : []),
                ],
                ...(isOurs && {
                    readinessProbe: {
                        httpGet: { path: "/actuator/health/readiness", port: 4004 },
                        periodSeconds: 2,
                    },
                }),
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: "256Mi" } },
                securityContext: { ...restrictedContainer, readOnlyRootFilesystem: true },
            },
        ],
    };
}
