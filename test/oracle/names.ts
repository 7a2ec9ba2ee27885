import type { Labels } from "./istio";

export const clusterDomain = "cluster.local";

/** Where mesh-wide configuration stands. */
export const rootNamespace = "istio-system";

/**
 * The host that a name in an Istio object means.
 *
 * A name without a dot is a Service of the object's own namespace. A name with a dot is taken as it stands:
 * `reviews.prod` is no short form of anything. (istiod: ResolveShortnameToFQDN)
 */
export function fullHost(name: string, namespace: string): string {
    if (name === "*" || name.includes(".") || name.includes(":")) return name;
    return serviceHost(name, namespace);
}

export function serviceHost(name: string, namespace: string): string {
    return `${name}.${namespace}.svc.${clusterDomain}`;
}

/** `namespace/name` of a gateway as a VirtualService names it: `mesh`, `ns/name`, `name`, or the old `name.ns.svc…`. */
export function fullGateway(name: string, namespace: string): string {
    if (name === "mesh" || name.includes("/")) return name;
    const [gateway = "", of] = name.split(".");
    return `${of ?? namespace}/${gateway}`;
}

export function isWildcard(host: string): boolean {
    return host.startsWith("*");
}

/** Is every name that `inner` stands for one that `outer` stands for? (istiod: Name.SubsetOf) */
export function isWithin(inner: string, outer: string): boolean {
    if (!isWildcard(outer)) return inner === outer;
    if (isWildcard(inner)) return inner.length >= outer.length && inner.slice(1).endsWith(outer.slice(1));
    return inner.endsWith(outer.slice(1));
}

/** Is there a name that both stand for? (istiod: Name.Matches) */
export function overlap(a: string, b: string): boolean {
    return isWithin(a, b) || isWithin(b, a);
}

/** The entry for a host: its own, else that of the longest wildcard that covers it. (istiod: MostSpecificHostMatch) */
export function mostSpecific<Value>(host: string, entries: ReadonlyMap<string, Value>): Value | undefined {
    const own = entries.get(host);
    if (own !== undefined) return own;
    const covering = [...entries.keys()].filter((name) => isWildcard(name) && host.endsWith(name.slice(1)));
    const longest = covering.sort((a, b) => b.length - a.length)[0];
    return longest === undefined ? undefined : entries.get(longest);
}

/**
 * Is an object seen from a namespace? `.` is its own, `*` all, `~` none; nothing said is all.
 *
 * @param home the namespace in which the object stands.
 */
export function isExported(exportTo: readonly string[] | undefined, home: string, to: string): boolean {
    if (!exportTo || exportTo.length === 0 || exportTo.includes("*")) return true;
    if (exportTo.includes("~")) return false;
    return exportTo.some((name) => (name === "." ? home : name) === to);
}

/** Do labels fulfil a selector? An empty one selects all. */
export function selects(selector: Labels | undefined, labels: Labels | undefined): boolean {
    return Object.entries(selector ?? {}).every(([key, value]) => labels?.[key] === value);
}

/** A Host header without its port, in lower case: that is how Envoy compares it with the names of its tables. */
export function withoutPort(host: string): string {
    return host.toLowerCase().replace(/:\d+$/, "");
}
