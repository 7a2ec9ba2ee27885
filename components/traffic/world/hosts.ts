const suffix = "svc.cluster.local";

/**
 * A host by its full name, as Istio reads it in an object of a namespace: a name without a dot is a Service of that namespace,
 * and a name with a dot is taken as it stands. So `review.shop` is no Service, but a name on the internet.
 */
export function fullHost(host: string, namespace: string): string {
    const name = host.toLowerCase();
    return name === "" || name.includes(".") || name.includes("*") ? name : `${name}.${namespace}.${suffix}`;
}

/** The Service that a full host name means, if it means one. */
export function serviceNamed(host: string): { readonly name: string; readonly namespace: string } | undefined {
    const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(host) ?? [];
    return name && namespace ? { name, namespace } : undefined;
}

/** The full host name of a Service. */
export function hostOfService({ name, namespace }: { readonly name: string; readonly namespace: string }): string {
    return `${name}.${namespace}.${suffix}`;
}

/** A host as people call it: `review`, or `review.stage` from another namespace. */
export function shortHost(host: string, namespace?: string): string {
    const service = serviceNamed(host);
    if (!service) return host;
    return namespace === undefined || namespace === service.namespace
        ? service.name
        : `${service.name}.${service.namespace}`;
}

/** A full name without what every Service of the cluster has: `review.shop`. */
export function shortName(name: string): string {
    return name.endsWith(`.${suffix}`) ? name.slice(0, -suffix.length - 1) : name;
}

/**
 * The host that a request asks for: port cut off, short forms of a Service's name (`review`, `review.shop`, `review.shop.svc`)
 * written out, as the cluster's name server does. A name with a dot that is no known Service is a host of the outside.
 *
 * @param namespace the caller's, to which a name without a dot belongs.
 * @param isService whether there is a Service of this full name.
 */
export function askedName(host: string, namespace: string, isService: (name: string) => boolean): string {
    const name = host.toLowerCase().replace(/:\d+$/, "");
    const candidates = [name, `${name}.${suffix}`, `${name}.cluster.local`, `${name}.${namespace}.${suffix}`];
    return candidates.find(isService) ?? fullHost(name, namespace);
}

/** How well a host of a VirtualService fits a name: the name itself best, then the longest wildcard; undefined when not at all. */
export function fit(host: string, name: string): number | undefined {
    if (host === name) return Infinity;
    if (host === "*") return 0;
    return host.startsWith("*") && name.length > host.length - 1 && name.endsWith(host.slice(1))
        ? host.length
        : undefined;
}
