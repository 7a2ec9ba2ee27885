import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { createHash } from "node:crypto";
import { restrictedContainer, restrictedPod } from "../../workloads/restricted";

/** A Service in front of an addon's pod, under a name that others expect. */
export interface AddonServiceArgs {
    name: string;
    ports: AddonPortArgs[];
}

/** A port of such a Service. */
export interface AddonPortArgs {
    /** With the protocol first, as Istio wants it: `http-query`. */
    name: string;
    port: number;
    /** The pod's port. */
    targetPort: number;
}

/** The arguments of an Addon. */
export interface AddonArgs {
    namespace: pulumi.Input<string>;
    image: pulumi.Input<string>;
    /** Arguments of the image's entry point. */
    args?: string[];
    env?: Record<string, pulumi.Input<string>>;
    /** Files by their path below `filesAt`, read-only; a change makes a new pod. */
    files?: pulumi.Input<Record<string, string>>;
    /** The folder of the files. Default `/config`. */
    filesAt?: string;
    /** Whether the files hold a secret. */
    filesAreSecret?: boolean;
    /** Folders that may be written; what is in them goes with the pod. */
    writable?: string[];
    /** Path and port of the check whether it is ready. */
    ready: AddonCheckArgs;
    services: AddonServiceArgs[];
    /** Whether the pod may ask the API server, as the addon's service account. */
    asksApi?: boolean;
    /** The user and group it runs as, never root. */
    user: number;
    /** What it may use at most, in MiB. */
    memory: number;
}

/** Where to ask whether a pod is ready. */
export interface AddonCheckArgs {
    path: string;
    port: number;
}

/**
 * One program beside the mesh: a single pod without privileges (Kubernetes' restricted profile), small, with a bound
 * on its memory and with no sidecar, so that it can be looked at also when the mesh is what fails.
 */
export class Addon extends pulumi.ComponentResource {
    /** The name of the pod's service account. */
    readonly account: pulumi.Output<string>;

    /** @param name The _unique_ name of the resource, and of the Deployment. */
    constructor(name: string, args: AddonArgs, opts?: pulumi.ComponentResourceOptions) {
        super("upshift:index:Addon", name, {}, opts);
        const child = { parent: this };
        const labels = { app: name };
        const metadata = { name, namespace: args.namespace, labels };
        const account = new k8s.core.v1.ServiceAccount(name, { metadata, automountServiceAccountToken: false }, child);
        const files = filesOf(name, args, metadata, child);
        new k8s.apps.v1.Deployment(
            name,
            {
                metadata,
                spec: {
                    replicas: 1,
                    // Its memory and its files are in the pod: two of them at once would be two different addons.
                    strategy: { type: "Recreate" },
                    selector: { matchLabels: labels },
                    template: {
                        metadata: {
                            labels: { ...labels, "sidecar.istio.io/inject": "false" },
                            annotations: files && { "upshift.dev/files": files.digest },
                        },
                        spec: podOf(name, args, account.metadata.name, files?.volume),
                    },
                },
            },
            child,
        );
        for (const service of args.services)
            new k8s.core.v1.Service(
                `${name}-${service.name}`,
                {
                    metadata: { name: service.name, namespace: args.namespace, labels },
                    spec: { selector: labels, ports: service.ports },
                },
                child,
            );
        this.account = account.metadata.name;
        this.registerOutputs({ account: this.account });
    }
}

interface Files {
    readonly volume: k8s.types.input.core.v1.Volume;
    readonly digest: pulumi.Output<string>;
}

function filesOf(
    name: string,
    { files, filesAreSecret }: AddonArgs,
    metadata: k8s.types.input.meta.v1.ObjectMeta,
    child: pulumi.ComponentResourceOptions,
): Files | undefined {
    if (!files) return undefined;
    const digest = pulumi
        .unsecret(pulumi.output(files))
        .apply((content) => createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 12));
    const data = pulumi
        .output(files)
        .apply((content) => Object.fromEntries(Object.entries(content).map(([file, text]) => [keyOf(file), text])));
    const items = pulumi
        .unsecret(pulumi.output(files))
        .apply((content) => Object.keys(content).map((file) => ({ key: keyOf(file), path: file })));
    if (filesAreSecret) {
        const { metadata: made } = new k8s.core.v1.Secret(name, { metadata, stringData: data }, child);
        return { digest, volume: { name: "files", secret: { secretName: made.name, items, defaultMode: 0o440 } } };
    }
    const { metadata: made } = new k8s.core.v1.ConfigMap(name, { metadata, data }, child);
    return { digest, volume: { name: "files", configMap: { name: made.name, items } } };
}

/** A key holds no slash, and a path may. */
function keyOf(file: string): string {
    return file.replaceAll("/", "_");
}

function podOf(
    name: string,
    args: AddonArgs,
    account: pulumi.Input<string>,
    files: k8s.types.input.core.v1.Volume | undefined,
): k8s.types.input.core.v1.PodSpec {
    const { user, ready, memory, writable = [] } = args;
    const isReady = { httpGet: { path: ready.path, port: ready.port } };
    const folders = writable.map((mountPath, at) => ({ name: `writable-${at}`, mountPath }));
    return {
        serviceAccountName: account,
        automountServiceAccountToken: args.asksApi ?? false,
        securityContext: { ...restrictedPod(user), fsGroup: user },
        containers: [
            {
                name,
                image: args.image,
                imagePullPolicy: "IfNotPresent",
                args: args.args,
                env: Object.entries(args.env ?? {}).map(([variable, value]) => ({ name: variable, value })),
                readinessProbe: { ...isReady, periodSeconds: 5 },
                startupProbe: { ...isReady, periodSeconds: 1, failureThreshold: 120 },
                resources: { requests: { cpu: "10m", memory: "32Mi" }, limits: { memory: `${memory}Mi` } },
                securityContext: { ...restrictedContainer, readOnlyRootFilesystem: true },
                volumeMounts: [
                    ...(files ? [{ name: "files", mountPath: args.filesAt ?? "/config", readOnly: true }] : []),
                    ...folders,
                ],
            },
        ],
        volumes: [...(files ? [files] : []), ...folders.map(({ name: folder }) => ({ name: folder, emptyDir: {} }))],
    };
}
