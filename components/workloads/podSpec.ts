import * as kx from "@pulumi/kubernetesx";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

/** What runs in a version's pods. */
export interface PodArgs {
    /** The container's name. */
    name: string;
    /** The pod's service account. Default: the container's name. */
    account?: pulumi.Input<string>;
    image: pulumi.Input<string>;
    /** The port of an image that is not ours, which has no checks of its own: it is well when it answers `/` there. */
    port?: number;
    /** Arguments of the image's entry point. */
    args?: string[];
    /** Environment by name: a value, or where it is read from. */
    env?: Record<string, pulumi.Input<string>>;
    /** Environment read from a Secret: every key of it is a variable. */
    envFromSecret?: pulumi.Input<string>;
    /** A Secret mounted read-only at `/secrets`. */
    secretFiles?: pulumi.Input<string>;
}

/** The port the container serves on. */
export const servicePort = 8080;
/** The port of the health checks, which is no part of the service and so not seen by its callers. */
export const healthPort = 4004;
/** Seconds between a pod's leaving its Service and its end: time for every caller's proxy to hear of it. */
export const drainSeconds = 5;

/**
 * A pod that can come and go under traffic: it is ready when it says so itself, goes on serving while callers
 * forget it, and runs with no privilege (Kubernetes' restricted profile).
 */
export function podSpec(args: PodArgs): pulumi.Output<k8s.types.input.core.v1.PodSpec> {
    const builder = new kx.PodBuilder({
        serviceAccountName: args.account ?? args.name,
        automountServiceAccountToken: false,
        // Longer than drain and the longest request together: nothing is cut off.
        terminationGracePeriodSeconds: drainSeconds + 25,
        securityContext: {
            runAsNonRoot: true,
            runAsUser: 10001,
            runAsGroup: 10001,
            fsGroup: 10001,
            seccompProfile: { type: "RuntimeDefault" },
            // Ports below 1024 are root's elsewhere, and this user is not root.
            ...((args.port ?? servicePort) < 1024 && {
                sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
            }),
        },
        containers: [container(args)],
        volumes: args.secretFiles
            ? [{ name: "secrets", secret: { secretName: args.secretFiles, defaultMode: 0o440 } }]
            : [],
    });
    return builder.podSpec;
}

function container(args: PodArgs): kx.types.Container {
    const ready = args.port ? { path: "/", port: "http" } : { path: "/actuator/health/readiness", port: "health" };
    const live = args.port ? ready : { path: "/actuator/health/liveness", port: "health" };
    return {
        name: args.name,
        image: args.image,
        imagePullPolicy: "IfNotPresent",
        args: args.args,
        env: { DRAIN: `${drainSeconds}s`, ...args.env },
        envFrom: args.envFromSecret ? [{ secretRef: { name: args.envFromSecret } }] : undefined,
        ports: args.port ? { http: args.port } : { http: servicePort, health: healthPort },
        readinessProbe: {
            httpGet: ready,
            periodSeconds: 2,
            failureThreshold: 2,
        },
        livenessProbe: {
            httpGet: live,
            periodSeconds: 10,
            failureThreshold: 6,
        },
        startupProbe: {
            httpGet: ready,
            periodSeconds: 1,
            failureThreshold: 60,
        },
        // The kubelet's own sleep: the image needs no shell.
        lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
        resources: { requests: { cpu: "10m", memory: "24Mi" }, limits: { memory: "128Mi" } },
        securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
        },
        volumeMounts: args.secretFiles ? [{ name: "secrets", mountPath: "/secrets", readOnly: true }] : [],
    };
}
