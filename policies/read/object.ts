import { UnknownValueError } from "@pulumi/policy";

/** Stands where a preview does not know a value yet. */
export const unknown: unique symbol = Symbol("unknown");
/** Stands where the state has a value only encrypted. */
export const encrypted: unique symbol = Symbol("encrypted");

/** A value as JSON has it, and what stands for one that can't be read. */
export type Value = string | number | boolean | null | undefined | typeof unknown | typeof encrypted | Value[] | Body;
/** An object's fields. */
export interface Body {
    readonly [field: string]: Value;
}

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
    readonly readyPods?: number;
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
    rest: Pick<KubeObject, "urn"> & Partial<Pick<KubeObject, "aliases" | "provider" | "dependencies" | "readyPods">>,
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

/** Whether anything in a value can't be read. */
export function holds(value: Value, sign: typeof unknown | typeof encrypted): boolean {
    if (value === sign) return true;
    if (Array.isArray(value)) return value.some((one) => holds(one, sign));
    return isBody(value) && Object.values(value).some((one) => holds(one, sign));
}

/** Whether a value is an object with fields. */
export function isBody(value: Value): value is Body {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The fields under a name; none where there are none. */
export function bodyAt(value: Value, ...path: string[]): Body {
    const found = valueAt(value, ...path);
    return isBody(found) ? found : {};
}

/** The objects of a list under a name. */
export function bodiesAt(value: Value, ...path: string[]): Body[] {
    const found = valueAt(value, ...path);
    return Array.isArray(found) ? found.filter(isBody) : [];
}

/** The texts of a list under a name. */
export function textsAt(value: Value, ...path: string[]): string[] {
    const found = valueAt(value, ...path);
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
}

/** The text under a name. */
export function textAt(value: Value, ...path: string[]): string | undefined {
    const found = valueAt(value, ...path);
    return typeof found === "string" ? found : undefined;
}

/** The number under a name, also where it was written as text: `"90"`. */
export function numberAt(value: Value, ...path: string[]): number | undefined {
    const found = valueAt(value, ...path);
    const number = typeof found === "string" && found.trim() !== "" ? Number(found) : found;
    return typeof number === "number" && !Number.isNaN(number) ? number : undefined;
}

/** Labels and other maps of texts. */
export function mapAt(value: Value, ...path: string[]): Record<string, string> {
    const entries = Object.entries(bodyAt(value, ...path));
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === "string"));
}

/** What stands under a path of names. */
export function valueAt(value: Value, ...path: string[]): Value {
    return path.reduce<Value>((found, field) => (isBody(found) ? found[field] : undefined), value);
}

/** Whether labels carry all that a selector asks for; an empty selector selects nothing. */
export function selects(selector: Readonly<Record<string, string>>, labels: Readonly<Record<string, string>>): boolean {
    const wanted = Object.entries(selector);
    return wanted.length > 0 && wanted.every(([label, value]) => labels[label] === value);
}
