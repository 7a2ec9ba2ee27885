import * as kx from "@pulumi/kubernetesx";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../traffic/split/problem";
import { configParts, configProblems } from "./config";
import type { PodArgs } from "./podArgs";
import { patched, readPatch } from "./podPatch";
import { portProblems, usualPorts } from "./ports";
import { probeProblems, probesOf } from "./probes";
import { mountProblems, volumeParts } from "./volumes";
import { restrictedContainer } from "./restricted";
import { UserError } from "../userError";

/** What runs in one version's pods. */
export interface PodSpecArgs extends PodArgs {
    /** The container's name. */
    name: string;
    image: pulumi.Input<string>;
    /** The pod's service account. Default: the container's name. */
    serviceAccount?: pulumi.Input<string>;
}

/** Seconds between a pod's leaving its Service and its end: time for every caller's proxy to hear of it. */
export const usualDrainSeconds = 5;

/** What a container gets that asks for nothing; no limit of CPU, which would only make it slow. */
const usualResources = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "512Mi" } };

/**
 * A pod that can come and go under traffic: it is ready when it says so itself, goes on serving while callers
 * forget it, and runs with no privilege (Kubernetes' restricted profile).
 */
export function podSpec(args: PodSpecArgs): pulumi.Output<k8s.types.input.core.v1.PodSpec> {
    const { security = {}, drainSeconds = usualDrainSeconds, longestRequestSeconds = 25 } = args;
    const config = configParts(args.config ?? [], security.fsGroup !== undefined);
    const files = volumeParts(args.volumes ?? []);
    const { runAsUser, runAsGroup, fsGroup } = security;
    const { podSpec: built } = new kx.PodBuilder({
        serviceAccountName: args.serviceAccount ?? args.name,
        automountServiceAccountToken: args.mountServiceAccountToken ?? false,
        imagePullSecrets: args.imagePullSecrets?.map((name) => ({ name })),
        // Longer than drain and the longest request together: nothing is cut off.
        terminationGracePeriodSeconds: drainSeconds + longestRequestSeconds,
        securityContext: {
            runAsNonRoot: true,
            runAsUser,
            runAsGroup,
            fsGroup,
            seccompProfile: { type: "RuntimeDefault" },
            // Ports below 1024 are root's elsewhere, and this user is not root.
            ...((args.ports ?? usualPorts).some(({ number }) => number < 1024) && {
                sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }],
            }),
        },
        containers: [
            {
                ...container(args, drainSeconds),
                env: { ...args.env, ...config.env },
                envFrom: config.envFrom.length > 0 ? config.envFrom : undefined,
                volumeMounts: [...config.volumeMounts, ...files.volumeMounts],
            },
        ],
        volumes: [...config.volumes, ...files.volumes],
    });
    const { podPatch } = args;
    if (podPatch === undefined) return built;
    return pulumi
        .all([built, podPatch])
        .apply(
            ([spec, text]) => patched(spec as object as Record<string, unknown>, readPatch(text)) as object,
        ) as typeof built;
}

/** @returns every problem of the pods of what `at` names. */
export function podProblems(at: string, args: PodArgs): Problem[] {
    const { ports = usualPorts, probes = {}, config = [], volumes = [], drainSeconds = usualDrainSeconds } = args;
    const mounted = [
        ...config.map(({ mountPath }, index) => [`${at}.config[${index}].mountPath`, mountPath] as const),
        ...volumes.map(({ mountPath }, index) => [`${at}.volumes[${index}].mountPath`, mountPath] as const),
    ];
    return [
        ...portProblems(`${at}.ports`, ports),
        ...probeProblems(`${at}.probes`, probes, ports),
        ...configProblems(`${at}.config`, config),
        ...mountProblems(mounted.flatMap(([place, path]) => (path === undefined ? [] : [[place, path] as const]))),
        ...patchProblems(at, args),
        ...(drainSeconds >= 1
            ? []
            : [
                  {
                      at: `${at}.drainSeconds`,
                      message: `${drainSeconds} s are no time for callers to forget a pod, and requests to it would fail`,
                      fix: `leave it out: ${usualDrainSeconds} s are usual`,
                  },
              ]),
    ];
}

/** A patch that is known already is read before anything is made. */
function patchProblems(at: string, { podPatch }: PodArgs): Problem[] {
    if (typeof podPatch !== "string") return [];
    try {
        readPatch(podPatch);
        return [];
    } catch (error) {
        if (!(error instanceof UserError)) throw error;
        return [{ at, message: error.what, fix: error.fix ?? "" }];
    }
}

function container(args: PodSpecArgs, drainSeconds: number): kx.types.Container {
    const ports = args.ports ?? [...usualPorts];
    return {
        name: args.name,
        image: args.image,
        imagePullPolicy: args.imagePullPolicy ?? "IfNotPresent",
        command: args.command,
        args: args.args,
        ports: Object.fromEntries(ports.map(({ name, number }) => [name, number])),
        ...probesOf(args.probes ?? {}, ports),
        // The kubelet's own sleep: the image needs no shell.
        lifecycle: { preStop: { sleep: { seconds: drainSeconds } } },
        resources: args.resources ?? usualResources,
        securityContext: {
            ...restrictedContainer,
            readOnlyRootFilesystem: args.security?.readOnlyRootFilesystem ?? true,
        },
    };
}
