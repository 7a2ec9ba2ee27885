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

/** The kind of the world that a Pulumi type stands for, such as `kubernetes:apps/v1:Deployment`; undefined for all others. */
export function worldKind(type: string): string | undefined {
    const [, group = "core", kind = ""] = /^kubernetes:(?:([^:/]+)\/)?v[^:]*:(\w+)$/.exec(type) ?? [];
    return worldKinds[kind] === group ? kind : undefined;
}

/** An object of one of these kinds, of its fields as Kubernetes has them. */
export function placed(kind: string, body: Body, rest: Pick<Placed, "readyPods" | "urn"> = {}): Placed {
    return {
        group: worldKinds[kind] ?? "",
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

/** A value in one form, so that equal ones are equal texts: fields in the order of their names, lists as they are. */
export function canonical(value: Value): string {
    if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
    if (typeof value === "symbol") return `<${value.description}>`;
    if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
    const fields = Object.keys(value).sort();
    return `{${fields
        .filter((field) => value[field] !== undefined)
        .map((field) => `${JSON.stringify(field)}:${canonical(value[field])}`)
        .join(",")}}`;
}
