import type * as pulumi from "@pulumi/pulumi";
import type { ConfigSourceArgs } from "./config";
import type { PortArgs } from "./ports";
import type { ProbesArgs } from "./probes";
import type { VolumeArgs } from "./volumes";

/** What a service's pods are made of, alike in all its versions. All of it is optional: what is left out is safe under traffic. */
export interface PodArgs {
    /** The ports on which the container listens. Default: `http`, 8080, which the Service has on port 80. */
    ports?: PortArgs[];
    /** How it is asked whether it is well. Default: the first port is asked: `/` by HTTP, or gRPC's health service. */
    probes?: ProbesArgs;
    /** The program, in place of the image's own. */
    command?: string[];
    /** Arguments of the program. */
    args?: string[];
    /** Environment of the container by name. */
    env?: Record<string, pulumi.Input<string>>;
    /** ConfigMaps and Secrets that it reads; other content of them rolls the pods. */
    config?: ConfigSourceArgs[] | undefined;
    /** Folders that it may write to, and claims. */
    volumes?: VolumeArgs[];
    /** What it may use. Default: 0.1 CPU and 128 MiB asked for, 512 MiB at most. */
    resources?: ResourcesArgs;
    /** As whom it runs. Default: as the image's user, which must be a number other than 0; its root file system is read-only. */
    security?: SecurityArgs;
    /** The service account that it runs as. Default: one of its own, without rights. */
    serviceAccount?: pulumi.Input<string>;
    /** Whether it has a token to ask the API server. Default false. */
    mountServiceAccountToken?: boolean;
    /** When its image is pulled: `Always`, `IfNotPresent`, `Never`. Default `IfNotPresent`. */
    imagePullPolicy?: string;
    /** The Secrets with which its image may be pulled. */
    imagePullSecrets?: pulumi.Input<string>[];
    /** Annotations of the pods. */
    podAnnotations?: Record<string, pulumi.Input<string>>;
    /** Labels of the pods, beside `app` and `version`. */
    podLabels?: Record<string, pulumi.Input<string>>;
    /** Seconds that a pod goes on serving after it left its Service: at least as long as callers' proxies take to hear of it. Default 5. */
    drainSeconds?: number;
    /** Seconds that a request may take at most: it is not cut off when its pod goes. Default 25. */
    longestRequestSeconds?: number;
    /**
     * Fields of the pods' `spec` for all else, as YAML or JSON text, laid over what is made of the rest as `kubectl patch` does it:
     * `JSON.stringify({ tolerations: [{ operator: "Exists" }] })`. The container has the service's name.
     */
    podPatch?: pulumi.Input<string>;
}

/** What a container asks for, and what it may use at most, as Kubernetes writes it: `{ cpu: "100m", memory: "64Mi" }`. */
export interface ResourcesArgs {
    /** What a node must have free for it. */
    requests?: Record<string, string>;
    /** What it may use at most. */
    limits?: Record<string, string>;
}

/** As whom a container runs. It has no privileges whatever is said here. */
export interface SecurityArgs {
    /** The user's number. Default: the image's. */
    runAsUser?: number;
    /** The group's number. Default: the image's. */
    runAsGroup?: number;
    /** The group to which the files of its volumes belong. Default: they stay as they are. */
    fsGroup?: number;
    /** Whether it can write to its volumes alone. Default true. */
    readOnlyRootFilesystem?: boolean;
}
