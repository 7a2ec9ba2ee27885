import { type Body, textAt, type Value } from "./values";

/** An object of Kubernetes, from wherever it was read: a state, a cluster, a program. */
export interface Placed {
    /** The API group: `apps`; `core` for the nameless one. */
    readonly group: string;
    readonly kind: string;
    readonly namespace: string;
    readonly name: string;
    /** Its fields, as far as they are known: `spec` at least. */
    readonly body: Body;
    /** Pods that were ready when the object was last read. */
    readonly readyPods?: number | undefined;
    /** Its URN in a Pulumi stack, where it is in one. */
    readonly urn?: string | undefined;
    /** Whether its number of pods is what others have set, and nothing that its program asked for. */
    readonly isScaledByOthers?: boolean | undefined;
}

/** The kinds that decide who is served by what, by their API group. */
export const worldKinds: Readonly<Record<string, string>> = {
    VirtualService: "networking.istio.io",
    DestinationRule: "networking.istio.io",
    Service: "core",
    Deployment: "apps",
    StatefulSet: "apps",
    DaemonSet: "apps",
};

/**
 * The kind of pods that nobody of these kinds makes: a ReplicaSet's, an Argo Rollout's, bare ones. A cluster is asked for them where a
 * Service has no others; those of one maker are one object, in the form of a workload's.
 */
export const otherPods = "Pod";

/** The kind of the world that a Pulumi type stands for, such as `kubernetes:apps/v1:Deployment`; undefined for all others. */
export function worldKind(type: string): string | undefined {
    const [, group = "core", kind = ""] = /^kubernetes:(?:([^:/]+)\/)?v[^:]*:(\w+)$/.exec(type) ?? [];
    return worldKinds[kind] === group ? kind : undefined;
}

/** An object of one of these kinds, of its fields as Kubernetes has them. */
export function placed(kind: string, body: Body, rest: Pick<Placed, "readyPods" | "urn"> = {}): Placed {
    return {
        group: kind === otherPods ? "core" : (worldKinds[kind] ?? ""),
        kind,
        namespace: textAt(body, "metadata", "namespace") ?? "default",
        name: textAt(body, "metadata", "name") ?? "",
        body,
        ...rest,
    };
}

/** What tells an object from all others of a cluster. */
export function identityOf({ group, kind, namespace, name }: Placed): string {
    return `${group}/${kind} ${namespace}/${name}`;
}

/**
 * A value in one form, so that equal ones are equal texts: fields in the order of their names, without those that are null, as if they
 * were not there; lists as they are.
 */
export function canonical(value: Value): string {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (typeof value === "symbol") return `<${value.description}>`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
    const fields = Object.keys(value).sort();
    return `{${fields
        .filter((field) => value[field] !== undefined && value[field] !== null)
        .map((field) => `${JSON.stringify(field)}:${canonical(value[field])}`)
        .join(",")}}`;
}
