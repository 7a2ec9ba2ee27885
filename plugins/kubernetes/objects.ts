import { isObject, type Properties, type Value } from "./values";

/** A Kubernetes object, of any kind. */
export interface KubernetesObject extends Properties {
    apiVersion: string;
    kind: string;
    metadata: Properties & { name?: string; namespace?: string };
}

/** Which kind an object is of. */
export interface Kind {
    apiVersion: string;
    kind: string;
}

/** Reads a member by its path, or undefined. Numbers select from arrays. */
export function at(value: Value | undefined, ...path: (string | number)[]): Value | undefined {
    return path.reduce<Value | undefined>((inner, key) => {
        if (typeof key === "number") return Array.isArray(inner) ? inner[key] : undefined;
        return isObject(inner) ? inner[key] : undefined;
    }, value);
}

export function stringAt(value: Value | undefined, ...path: (string | number)[]): string {
    const found = at(value, ...path);
    return typeof found === "string" ? found : "";
}

export function numberAt(value: Value | undefined, ...path: (string | number)[]): number {
    const found = at(value, ...path);
    return typeof found === "number" ? found : 0;
}

export function objectsAt(value: Value | undefined, ...path: (string | number)[]): Properties[] {
    const found = at(value, ...path);
    return Array.isArray(found) ? found.filter(isObject) : [];
}

/** A copy with one member set; objects on the way are made when they are not there. */
export function withMember(object: Properties, path: readonly string[], value: Value): Properties {
    const [key, ...rest] = path;
    if (key === undefined) return object;
    const inner = object[key];
    return { ...object, [key]: rest.length ? withMember(isObject(inner) ? inner : {}, rest, value) : value };
}

/** A copy with one member taken out. */
export function withoutMember(object: Properties, path: readonly string[]): Properties {
    const [key, ...rest] = path;
    if (key === undefined || !(key in object)) return object;
    if (!rest.length) return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
    const inner = object[key];
    return isObject(inner) ? { ...object, [key]: withoutMember(inner, rest) } : object;
}

export function nameOf(object: Properties): string {
    return stringAt(object, "metadata", "name");
}

export function namespaceOf(object: Properties): string {
    return stringAt(object, "metadata", "namespace");
}

/** `namespace/name`, or the name alone for what belongs to the cluster: the id of a resource. */
export function idOf(object: Properties): string {
    return [namespaceOf(object), nameOf(object)].filter(Boolean).join("/");
}

export function parseId(id: string): { namespace: string; name: string } {
    const [namespace, name] = id.split("/");
    return name === undefined ? { namespace: "", name: namespace ?? "" } : { namespace: namespace ?? "", name };
}

export function kindOf(object: Properties): Kind {
    return { apiVersion: stringAt(object, "apiVersion"), kind: stringAt(object, "kind") };
}

/** `apps/v1` is group `apps`, version `v1`; the core group is the empty string. */
export function groupOf(apiVersion: string): string {
    return apiVersion.includes("/") ? apiVersion.slice(0, apiVersion.indexOf("/")) : "";
}

/** The kind that a type token means: `kubernetes:core/v1:Pod`. Patch types mean the kind that they patch. */
export function kindOfToken(token: string): Kind {
    const [, module = "", kind = ""] = token.split(":");
    const [group = "", version = ""] = module.split("/");
    return { apiVersion: group === "core" ? version : `${group}/${version}`, kind: kind.replace(/(?<=.)Patch$/, "") };
}

/** Whether a resource only patches an object that belongs to somebody else: `kubernetes:core/v1:ConfigMapPatch`. */
export function isPatchType(token: string, kind: string): boolean {
    return token.endsWith(`:${kind}Patch`);
}

export function annotation(object: Properties, name: string): string {
    return stringAt(object, "metadata", "annotations", name);
}

export function isAnnotated(object: Properties, name: string): boolean {
    return annotation(object, name).toLowerCase() === "true";
}

export function isCrd(object: Properties): boolean {
    return (
        stringAt(object, "kind") === "CustomResourceDefinition" &&
        groupOf(stringAt(object, "apiVersion")) === "apiextensions.k8s.io"
    );
}
