/** A host by its full name: `review` and `review.shop` in namespace shop are both `review.shop.svc.cluster.local`. */
export function fullHost(host: string, namespace: string): string {
    const parts = host.split(".");
    if (host.includes("*") || host === "") return host;
    if (parts.length === 1) return `${host}.${namespace}.svc.cluster.local`;
    if (parts.length === 2 && !isDomain(host)) return `${host}.svc.cluster.local`;
    if (parts.length === 3 && parts[2] === "svc") return `${host}.cluster.local`;
    return host;
}

/** The Service that a full host name means, if it means one. */
export function serviceNamed(host: string): { readonly name: string; readonly namespace: string } | undefined {
    const [, name, namespace] = /^([^.]+)\.([^.]+)\.svc\.cluster\.local$/.exec(host) ?? [];
    return name && namespace ? { name, namespace } : undefined;
}

/** A host as people call it: `review`, or `review.stage` from another namespace. */
export function shortHost(host: string, namespace?: string): string {
    const service = serviceNamed(host);
    if (!service) return host;
    return namespace === undefined || namespace === service.namespace
        ? service.name
        : `${service.name}.${service.namespace}`;
}

/** `minikube.me` is a name on the internet, `review.shop` one in the cluster: Istio itself can't tell, and takes both as they are. */
function isDomain(host: string): boolean {
    return /\.(com|org|net|io|me|dev|app|de|local|internal|test|example)$/.test(host);
}
