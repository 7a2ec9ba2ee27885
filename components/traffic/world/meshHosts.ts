const suffix = "svc.cluster.local";

/** A host as Istio reads it in a resource of a namespace: a name without a dot is a service of that namespace. */
export function fullName(host: string, namespace: string): string {
    const name = host.toLowerCase();
    return name.includes(".") || name === "*" ? name : `${name}.${namespace}.${suffix}`;
}

/**
 * The host that a request asks for: port cut off, short forms of a service's name (`review`, `review.shop`, `review.shop.svc`)
 * written out. A name with a dot that is no known service is a host of the outside.
 *
 * @param namespace the caller's, to which a name without a dot belongs.
 * @param services the full names of the known services.
 */
export function askedName(host: string, namespace: string, services: readonly string[]): string {
    const name = host.toLowerCase().replace(/:\d+$/, "");
    const candidates = [name, `${name}.${suffix}`, `${name}.cluster.local`, `${name}.${namespace}.${suffix}`];
    return candidates.find((candidate) => services.includes(candidate)) ?? fullName(name, namespace);
}

/** How well a host of a VirtualService fits a name: the name itself best, then the longest wildcard; undefined when not at all. */
export function fit(host: string, name: string): number | undefined {
    if (host === name) return Infinity;
    if (host === "*") return 0;
    return host.startsWith("*") && name.length > host.length - 1 && name.endsWith(host.slice(1))
        ? host.length
        : undefined;
}

/** A full name without what every service of the cluster has: `review.shop`. */
export function shortName(name: string): string {
    return name.endsWith(`.${suffix}`) ? name.slice(0, -suffix.length - 1) : name;
}
