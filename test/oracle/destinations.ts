import type { Destination, DestinationRuleSpec, Labels, ServicePort, ServiceSpec } from "./istio";
import { byAge, ofKind, type Manifest, type World } from "./manifest";
import { fullHost, isExported, mostSpecific, rootNamespace, selects, serviceHost } from "./names";

/** Who asks, for the rules that only some see. */
export interface Proxy {
    readonly namespace: string;
    readonly labels: Labels;
}

/** What Envoy knows as a cluster: the pods to which a destination leads. */
export interface Cluster {
    readonly service: Manifest<ServiceSpec>;
    readonly labels: Labels;
}

export function hostOf({ metadata }: Manifest): string {
    return serviceHost(metadata.name, metadata.namespace);
}

/** A Service of the world by its full host name, as far as a namespace may see it. */
export function serviceNamed(world: World, host: string, from: string): Manifest<ServiceSpec> | undefined {
    return visibleServices(world, from).find((service) => hostOf(service) === host.toLowerCase());
}

export function visibleServices(world: World, from: string): Manifest<ServiceSpec>[] {
    return ofKind(world, "Service").filter(({ metadata }) => {
        const exportTo = metadata.annotations?.["networking.istio.io/exportTo"];
        return isExported(
            exportTo?.split(",").map((name) => name.trim()),
            metadata.namespace,
            from,
        );
    });
}

/** The Service that an ExternalName stands for, where that is one of the mesh; any other Service is itself. */
export function concrete(
    world: World,
    service: Manifest<ServiceSpec>,
    from: string,
): Manifest<ServiceSpec> | undefined {
    const target = service.spec.type === "ExternalName" ? service.spec.externalName : undefined;
    if (target === undefined) return service;
    const next = serviceNamed(world, target, from);
    return next && next.spec.type !== "ExternalName" ? next : undefined;
}

/**
 * The cluster to which a destination leads, or why Envoy knows none.
 *
 * @param listenerPort the port on which the request came: it counts where neither the rule nor the Service settles it.
 */
export function clusterOf(
    world: World,
    { host, subset, port }: Destination,
    listenerPort: number,
    proxy: Proxy,
): Cluster | string {
    const named = serviceNamed(world, host, proxy.namespace);
    const service = named && concrete(world, named, proxy.namespace);
    if (!named || !service) return `no service ${host}`;
    const only = named.spec.ports?.length === 1 ? named.spec.ports[0] : undefined;
    const number = port?.number ?? only?.port ?? listenerPort;
    if (!service.spec.ports?.some((one) => one.port === number && one.protocol !== "UDP"))
        return `service ${host} has no port ${number}`;
    if (!subset) return { service, labels: {} };
    const labels = subsetsOf(world, service, proxy).get(subset);
    return labels ? { service, labels } : `no subset ${subset} of ${host}`;
}

/**
 * The subsets of a Service as one proxy knows them: from the DestinationRules of the proxy's own namespace, else from
 * those that the Service's namespace exports to it, else from the mesh-wide ones. (istiod: PushContext.destinationRule)
 */
export function subsetsOf(world: World, service: Manifest<ServiceSpec>, proxy: Proxy): ReadonlyMap<string, Labels> {
    const rules = byAge(ofKind(world, "DestinationRule"));
    const inNamespace = (namespace: string): Manifest<DestinationRuleSpec>[] =>
        rules.filter(({ metadata }) => metadata.namespace === namespace);
    const exported = (namespace: string): Manifest<DestinationRuleSpec>[] =>
        inNamespace(namespace).filter(({ spec }) => !spec.workloadSelector && !isPrivate(spec.exportTo, namespace));
    const seen = ({ spec, metadata }: Manifest<DestinationRuleSpec>): boolean =>
        isExported(spec.exportTo, metadata.namespace, proxy.namespace);
    const home = service.metadata.namespace;
    const own =
        proxy.namespace === rootNamespace
            ? inNamespace(proxy.namespace).filter(({ spec }) => isPrivate(spec.exportTo, proxy.namespace))
            : inNamespace(proxy.namespace).filter(
                  ({ spec }) =>
                      !spec.exportTo?.includes("~") && isExported(spec.exportTo, proxy.namespace, proxy.namespace),
              );
    const found =
        forHost(own, service)?.filter(({ spec }) => selects(spec.workloadSelector?.matchLabels, proxy.labels)) ??
        nonEmpty(forHost(exported(home), service)?.filter(seen)) ??
        nonEmpty(forHost(exported(rootNamespace), service)?.filter(seen)) ??
        [];
    return mergedSubsets(found);
}

function nonEmpty<Item>(items: Item[] | undefined): Item[] | undefined {
    return items && items.length > 0 ? items : undefined;
}

/** A rule for the host itself goes before one for a wildcard, whatever they say. */
function forHost(
    rules: readonly Manifest<DestinationRuleSpec>[],
    service: Manifest<ServiceSpec>,
): Manifest<DestinationRuleSpec>[] | undefined {
    const byHost = new Map<string, Manifest<DestinationRuleSpec>[]>();
    for (const rule of rules) {
        const host = fullHost(rule.spec.host, rule.metadata.namespace);
        byHost.set(host, [...(byHost.get(host) ?? []), rule]);
    }
    return mostSpecific(hostOf(service), byHost);
}

/**
 * Rules for one host in one namespace are read as one, as far as they are exported to the same namespaces; a subset's
 * first definition counts. Of several that can't be read as one, Istio takes one for the workload, else the last.
 */
function mergedSubsets(rules: readonly Manifest<DestinationRuleSpec>[]): ReadonlyMap<string, Labels> {
    const groups = new Map<string, Manifest<DestinationRuleSpec>[]>();
    for (const rule of rules) {
        const { exportTo = [], workloadSelector } = rule.spec;
        const key = JSON.stringify([[...exportTo].sort(), workloadSelector ?? null]);
        groups.set(key, [...(groups.get(key) ?? []), rule]);
    }
    const candidates = [...groups.values()];
    const chosen = candidates.find(([first]) => first?.spec.workloadSelector) ?? candidates.at(-1) ?? [];
    const subsets = new Map<string, Labels>();
    for (const { name, labels = {} } of chosen.flatMap(({ spec }) => spec.subsets ?? []))
        if (!subsets.has(name)) subsets.set(name, labels);
    return subsets;
}

function isPrivate(exportTo: readonly string[] | undefined, namespace: string): boolean {
    return exportTo?.length === 1 && (exportTo[0] === "." || exportTo[0] === namespace);
}

/** What Envoy does with a Service's port. */
export type Protocol = "http" | "sniffed" | "tls" | "tcp" | "udp";

/** From `appProtocol`, else from the port's name up to its first dash; anything else is looked at when it comes. */
export function protocolOf({ name = "", appProtocol, protocol, port }: ServicePort): Protocol {
    if (protocol === "UDP") return "udp";
    const said = (appProtocol ?? name).toLowerCase();
    const kubernetes: Record<string, Protocol> = {
        "kubernetes.io/h2c": "http",
        "kubernetes.io/ws": "http",
        "kubernetes.io/wss": "tls",
    };
    if (appProtocol && kubernetes[said]) return kubernetes[said];
    if (said.startsWith("grpc-web")) return "http";
    const word = said.split("-")[0] ?? "";
    if (["http", "http2", "http_proxy", "grpc"].includes(word)) return "http";
    if (["https", "tls"].includes(word)) return "tls";
    if (["tcp", "mongo", "redis", "mysql"].includes(word)) return "tcp";
    if (word === "udp") return "udp";
    // Their servers speak first: nothing comes that could be looked at.
    return [25, 53, 3306, 27017].includes(port) ? "tcp" : "sniffed";
}
