import { createHash } from "node:crypto";
import type {
    DestinationRuleSpec,
    GatewaySpec,
    PodSpec,
    ServiceSpec,
    VirtualServiceSpec,
    WorkloadSpec,
    WorkloadStatus,
} from "./istio";

/** A Kubernetes object as it is applied or read: plain data. */
export interface Manifest<Spec = unknown, Status = unknown> {
    apiVersion: string;
    kind: string;
    metadata: {
        name: string;
        namespace: string;
        labels?: Record<string, string>;
        annotations?: Record<string, string>;
        /** RFC 3339; an object without one is not applied yet, and younger than all that have one. */
        creationTimestamp?: string | undefined;
    };
    spec: Spec;
    status?: Status;
}

/** Everything that decides who is served, at one moment. */
export type World = readonly Manifest[];

/** What a user or another service sends. */
export interface Request {
    /** The Host header, with or without a port. Inside the mesh, the name that is looked up, too. */
    readonly host: string;
    /** With its query, if any. */
    readonly path: string;
    readonly method: string;
    readonly headers: Readonly<Record<string, string>>;
    /** Of the Service inside the mesh, of the Gateway's server outside. */
    readonly port: number;
    /** The gateway through which it comes in, or the pod whose sidecar sends it out. */
    readonly caller: Caller;
    /** Sent with TLS; a gateway's HTTPS server asks for it. */
    readonly tls?: boolean;
}

export type Caller =
    { readonly gateway: string } | { readonly namespace: string; readonly labels: Readonly<Record<string, string>> };

/** The kinds of objects that are read; all others decide nothing here. */
interface Kinds {
    VirtualService: Manifest<VirtualServiceSpec>;
    DestinationRule: Manifest<DestinationRuleSpec>;
    Gateway: Manifest<GatewaySpec>;
    Service: Manifest<ServiceSpec>;
    Deployment: Manifest<WorkloadSpec, WorkloadStatus>;
    StatefulSet: Manifest<WorkloadSpec, WorkloadStatus>;
    DaemonSet: Manifest<WorkloadSpec, WorkloadStatus>;
    Pod: Manifest<PodSpec, { conditions?: { type: string; status: string }[] }>;
}

/** Only Istio's own objects: the Gateway API has a Gateway, too, which says other things. */
const groups: Partial<Record<keyof Kinds, string>> = {
    VirtualService: "networking.istio.io/",
    DestinationRule: "networking.istio.io/",
    Gateway: "networking.istio.io/",
};

/** All objects of a kind, in the order in which they are given. */
export function ofKind<Kind extends keyof Kinds>(world: World, kind: Kind): Kinds[Kind][] {
    const group = groups[kind] ?? "";
    return world.filter((one) => one.kind === kind && one.apiVersion.startsWith(group)) as Kinds[Kind][];
}

/** Oldest first, then by name, then by namespace: the order in which istiod reads what is written for one thing twice. */
export function byAge<Any extends Manifest>(manifests: readonly Any[]): Any[] {
    const age = ({ metadata }: Manifest): number =>
        metadata.creationTimestamp ? Date.parse(metadata.creationTimestamp) : Number.MAX_SAFE_INTEGER;
    return [...manifests].sort(
        (a, b) =>
            age(a) - age(b) ||
            compare(a.metadata.name, b.metadata.name) ||
            compare(a.metadata.namespace, b.metadata.namespace),
    );
}

export function idOf({ metadata }: Manifest): string {
    return `${metadata.namespace}/${metadata.name}`;
}

/** A short name for a pod template: equal for templates that say the same, in whatever order. */
export function templateHash(template: unknown): string {
    return createHash("sha256").update(canonical(template)).digest("hex").slice(0, 10);
}

function canonical(value: unknown): string {
    if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
    if (value === null || typeof value !== "object") return JSON.stringify(value ?? null);
    const members = Object.entries(value).filter(([, inner]) => inner !== undefined);
    return `{${members
        .sort(([a], [b]) => compare(a, b))
        .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
        .join()}}`;
}

function compare(a: string, b: string): number {
    return a < b ? -1 : a > b ? 1 : 0;
}
