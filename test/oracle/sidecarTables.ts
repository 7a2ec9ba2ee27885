import type { Routes } from "./delegates";
import { concrete, hostOf, protocolOf, visibleServices, type Proxy } from "./destinations";
import type { Route, RouteTable, VirtualHost } from "./envoy";
import { boundTo } from "./gatewayTables";
import type { ServiceSpec } from "./istio";
import type { Manifest, World } from "./manifest";
import { clusterDomain, isWildcard, mostSpecific, overlap } from "./names";
import { readyPods } from "./pods";
import { routesFor } from "./translate";

/** A virtual host in the making: its routes, and the names that it would like to have. */
interface Wanted {
    readonly routes: readonly Route[];
    readonly hosts: readonly string[];
    readonly services: readonly Manifest<ServiceSpec>[];
}

/**
 * The table of a sidecar for a port. A name belongs to the first virtual host that asks for it: those of
 * VirtualServices, in their order, go before the plain ones of Services. (istiod: BuildSidecarOutboundVirtualHosts)
 */
export function sidecarTable(world: World, all: readonly Routes[], proxy: Proxy, port: number): RouteTable {
    const services = httpServices(world, proxy, port);
    const wanted = wantedByVirtualServices(world, all, proxy, port, services);
    const routed = new Set(wanted.flatMap((one) => one.services));
    // An ExternalName has no virtual host of its own: its name stands with those of what it stands for.
    for (const service of services.filter((one) => !routed.has(one) && one.spec.type !== "ExternalName"))
        wanted.push({ routes: [plain(world, service)], hosts: [], services: [service] });
    return { virtualHosts: named(world, wanted, proxy), otherwise: "no route: it leaves the mesh" };
}

/** Services with this port, unless it is one of which Envoy reads no HTTP. */
function httpServices(world: World, proxy: Proxy, port: number): Manifest<ServiceSpec>[] {
    return visibleServices(world, proxy.namespace).filter((service) => {
        const found = service.spec.ports?.find((one) => one.port === port);
        return found && ["http", "sniffed"].includes(protocolOf(found));
    });
}

function wantedByVirtualServices(
    world: World,
    all: readonly Routes[],
    proxy: Proxy,
    port: number,
    services: readonly Manifest<ServiceSpec>[],
): Wanted[] {
    const onPort = visibleServices(world, proxy.namespace).filter(({ spec }) =>
        spec.ports?.some((one) => one.port === port),
    );
    const bound = boundTo(all, "mesh", proxy)
        // Names that are no Service's have a table on port 80 alone, unless a Service's name stands beside them.
        .filter(
            ({ hosts }) =>
                port === 80 || hosts.some((host) => onPort.some((service) => overlap(host, hostOf(service)))),
        );
    const owners = ownersOf(bound, services);
    return bound.flatMap((one) => {
        const routes = routesFor(world, one, { ...proxy, gateway: "mesh", port });
        if (routes.length === 0) return [];
        const own = services.filter((service) => {
            const host = hostOf(service);
            return (
                one.hosts.includes(host) ||
                (owners.get(service) === one && one.hosts.some((name) => isWildcard(name) && overlap(name, host)))
            );
        });
        const isService = (name: string): boolean => onPort.some((service) => overlap(name, hostOf(service)));
        const hosts = one.hosts.filter((name) => !isService(name));
        return port === 80 || own.length > 0 ? [{ routes, hosts, services: own }] : [];
    });
}

/** Of the VirtualServices with wildcards, the one with the narrowest that covers a Service has it. */
function ownersOf(
    bound: readonly Routes[],
    services: readonly Manifest<ServiceSpec>[],
): ReadonlyMap<Manifest<ServiceSpec>, Routes> {
    const byHost = new Map<string, Routes>();
    for (const one of bound) for (const host of one.hosts) if (!byHost.has(host)) byHost.set(host, one);
    return new Map(
        services.flatMap((service) => {
            const owner = mostSpecific(hostOf(service), byHost);
            return owner ? [[service, owner] as const] : [];
        }),
    );
}

/** What a Service without routes has: everything to all its pods. */
function plain(world: World, service: Manifest<ServiceSpec>): Route {
    return {
        match: { path: { prefix: "/" }, ignoreCase: false, headers: [], query: [] },
        action: { kind: "clusters", clusters: [{ weight: 100, endpoints: readyPods(world, service) }] },
    };
}

/** A Service's full name is never given to another one that only has it as a short form. */
function named(world: World, wanted: readonly Wanted[], proxy: Proxy): VirtualHost[] {
    const full = new Set(wanted.flatMap(({ services }) => services.map(hostOf)));
    const taken = new Set<string>();
    const hosted = new Set<string>();
    const take = (domain: string, isShort: boolean): boolean => {
        if (taken.has(domain) || (isShort && full.has(domain))) return false;
        taken.add(domain);
        return true;
    };
    const virtualHost = (key: string, routes: readonly Route[], domains: [string, boolean][]): VirtualHost[] => {
        if (hosted.has(key)) return [];
        hosted.add(key);
        const own = domains.filter(([domain, isShort]) => take(domain, isShort)).map(([domain]) => domain);
        return own.length > 0 ? [{ domains: own, routes }] : [];
    };
    return wanted.flatMap(({ routes, hosts, services }) => [
        ...hosts.flatMap((host) => virtualHost(host, routes, [[host, false]])),
        ...services.flatMap((service) => {
            const names = [service, ...aliasesOf(world, service, proxy)].map(hostOf);
            const domains = names.flatMap((host): [string, boolean][] => [
                [host, false],
                ...shortForms(host, proxy).map((short): [string, boolean] => [short, true]),
            ]);
            return virtualHost(hostOf(service), routes, domains);
        }),
    ]);
}

/** ExternalName Services that stand for this one. */
function aliasesOf(world: World, service: Manifest<ServiceSpec>, { namespace }: Proxy): Manifest<ServiceSpec>[] {
    return visibleServices(world, namespace).filter(
        (one) => one.spec.type === "ExternalName" && concrete(world, one, namespace) === service,
    );
}

/** What a pod's resolver completes: the bare name in the Service's own namespace, `name.ns` and `name.ns.svc` everywhere. */
export function shortForms(host: string, { namespace }: Pick<Proxy, "namespace">): string[] {
    const [name = "", home = ""] = host.split(".");
    const long = [`${host}.`, `${name}.${home}.svc`, `${name}.${home}`];
    if (!host.endsWith(`.svc.${clusterDomain}`)) return [];
    return home === namespace ? [name, ...long] : long;
}
