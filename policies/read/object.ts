import { UnknownValueError } from "@pulumi/policy";
import { type Body, bodyAt, textAt, unknown, type Value } from "../../components/traffic/world/values";

export * from "../../components/traffic/world/values";

/** An object of Kubernetes, as the program asks for it, the state holds it or the cluster has it. */
export interface KubeObject {
    readonly urn: string;
    /** URNs that the resource had before. */
    readonly aliases: readonly string[];
    /** URN of the provider, and so the cluster; empty where nobody says. */
    readonly provider: string;
    /** The API group: `networking.istio.io`, `apps`; `core` for the nameless one. */
    readonly group: string;
    readonly kind: string;
    /** Whether it is only a part of an object that somebody else owns, as a `VirtualServicePatch` is. */
    readonly isPatch: boolean;
    /** `default` where none is given. */
    readonly namespace: string;
    readonly name: string;
    readonly body: Body;
    /** URNs of what it depends on, where they are known. */
    readonly dependencies: readonly string[];
    /** Pods that were ready when the object was last read. */
    readonly readyPods?: number | undefined;
    /** Whether it stays in the cluster when the program has it no more. */
    readonly isRetained?: boolean | undefined;
}

/** What Pulumi calls a resource of Kubernetes: `kubernetes:apps/v1:Deployment`. */
export interface TypeOfObject {
    readonly group: string;
    readonly kind: string;
    readonly isPatch: boolean;
}

/** @returns undefined for a resource that is no object of Kubernetes: a component, a provider, a Helm release. */
export function typeOf(token: string): TypeOfObject | undefined {
    // A custom resource of the nameless group has a version only: `kubernetes:v1:Service`.
    const [, group = "core", kind, patch] = /^kubernetes:(?:([^:/]+)\/)?v[^:]*:(\w+?)(Patch)?$/.exec(token) ?? [];
    return kind && group !== "helm.sh" ? { group, kind, isPatch: patch !== undefined } : undefined;
}

/** Makes one of a body whose metadata may be known in part only. */
export function kubeObject(
    type: TypeOfObject,
    body: Body,
    rest: Pick<KubeObject, "urn"> &
        Partial<Pick<KubeObject, "aliases" | "provider" | "dependencies" | "readyPods" | "isRetained">>,
): KubeObject {
    const metadata = bodyAt(body, "metadata");
    return {
        aliases: [],
        provider: "",
        dependencies: [],
        ...rest,
        ...type,
        namespace: textAt(metadata, "namespace") ?? "default",
        name: textAt(metadata, "name") ?? "",
        body,
    };
}

/** A plain copy of what a policy is given, with {@link unknown} in place of values that throw when they are read. */
export function readable(value: unknown): Value {
    if (Array.isArray(value)) return Array.from({ length: value.length }, (_, index) => known(value, index));
    if (typeof value !== "object" || value === null) return value as Value;
    return Object.fromEntries(Object.keys(value).map((key) => [key, known(value, key)]));
}

function known(holder: object, key: PropertyKey): Value {
    try {
        return readable(Reflect.get(holder, key));
    } catch (error) {
        if (error instanceof UnknownValueError) return unknown;
        throw error;
    }
}
