import type { Routes } from "./delegates";
import type { RouteTable, VirtualHost } from "./envoy";
import type { GatewayServer, GatewaySpec } from "./istio";
import { byAge, idOf, ofKind, type Manifest, type World } from "./manifest";
import { isExported, isWithin, selects } from "./names";
import type { Proxy } from "./destinations";
import { routesFor, takesEverything } from "./translate";

/** A server of a Gateway, and whose it is. */
export interface Server extends GatewayServer {
    /** `namespace/name` of its Gateway. */
    readonly gateway: string;
}

/** The proxy that serves a Gateway: the pods that its selector names. Where the world has none, one beside the Gateway. */
export function gatewayProxy(world: World, gateway: Manifest<GatewaySpec>): Proxy {
    const { selector = {} } = gateway.spec;
    const template = (["Deployment", "StatefulSet", "DaemonSet"] as const)
        .flatMap((kind) => ofKind(world, kind))
        .find(({ spec }) => Object.keys(selector).length > 0 && selects(selector, spec.template.metadata?.labels));
    return {
        namespace: template?.metadata.namespace ?? gateway.metadata.namespace,
        labels: template?.spec.template.metadata?.labels ?? selector,
    };
}

/** All servers of a proxy at a port: Gateways that select the same pods are one. */
export function serversAt(world: World, proxy: Proxy, port: number): Server[] {
    return byAge(ofKind(world, "Gateway"))
        .filter(({ spec }) => selects(spec.selector, proxy.labels))
        .flatMap((gateway) => (gateway.spec.servers ?? []).map((server) => ({ ...server, gateway: idOf(gateway) })))
        .filter((server) => server.port.number === port);
}

/**
 * The table of a gateway's proxy: for each host, the routes of all VirtualServices that have it, one after the other,
 * and those that take everything last. (istiod: buildGatewayHTTPRouteConfig)
 */
export function gatewayTable(
    world: World,
    all: readonly Routes[],
    proxy: Proxy,
    servers: readonly Server[],
): RouteTable {
    const hosts = new Map<string, VirtualHost>();
    const add = (domain: string, more: Pick<VirtualHost, "routes" | "requireTls">): void => {
        const { routes = [], requireTls = false } = hosts.get(domain) ?? {};
        hosts.set(domain, {
            domains: [domain],
            routes: [...routes, ...more.routes],
            requireTls: requireTls || more.requireTls,
        });
    };
    for (const server of servers) {
        const requireTls = server.tls?.httpsRedirect ?? false;
        for (const one of boundTo(all, server.gateway, proxy)) {
            const routes = routesFor(world, one, { ...proxy, gateway: server.gateway, port: server.port.number });
            if (routes.length === 0) continue;
            for (const domain of common(hostsFor(server.hosts, one.namespace), one.hosts))
                add(domain.toLowerCase(), { routes, requireTls });
        }
        if (requireTls) for (const domain of server.hosts) add(domain.toLowerCase(), { routes: [], requireTls });
    }
    return {
        virtualHosts: [...hosts.values()].map((host) => ({ ...host, routes: catchAllsLast(host.routes) })),
        otherwise: "404 no such host at the gateway",
    };
}

/** Those that the proxy's namespace sees; its own private ones first, then those exported to it, then everybody's. */
export function boundTo(all: readonly Routes[], gateway: string, { namespace }: Proxy): Routes[] {
    const bound = all.filter((one) => one.gateways.includes(gateway));
    const isPublic = (one: Routes): boolean => !one.exportTo?.length || one.exportTo.includes("*");
    const seen = bound.filter((one) => !isPublic(one) && isExported(one.exportTo, one.namespace, namespace));
    return [
        ...seen.filter((one) => one.namespace === namespace),
        ...seen.filter((one) => one.namespace !== namespace),
        ...bound.filter(isPublic),
    ];
}

/** A server's hosts as far as they are for VirtualServices of a namespace: `ns/host` is for that namespace's alone. */
export function hostsFor(hosts: readonly string[], namespace: string): string[] {
    return hosts.flatMap((entry) => {
        const slash = entry.indexOf("/");
        if (slash < 0) return [entry];
        const of = entry.slice(0, slash);
        return of === "*" || of === namespace || of === "." ? [entry.slice(slash + 1)] : [];
    });
}

/** The narrower name of each pair of which one covers the other. */
function common(ours: readonly string[], theirs: readonly string[]): string[] {
    const found = ours.flatMap((our) =>
        theirs.flatMap((their) => (isWithin(our, their) ? [our] : isWithin(their, our) ? [their] : [])),
    );
    return [...new Set(found)];
}

function catchAllsLast(routes: VirtualHost["routes"]): VirtualHost["routes"] {
    return [
        ...routes.filter(({ match }) => !takesEverything(match)),
        ...routes.filter(({ match }) => takesEverything(match)),
    ];
}
