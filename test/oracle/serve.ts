import { routesIn, type Routes } from "./delegates";
import { concrete, hostOf, protocolOf, visibleServices, type Proxy } from "./destinations";
import type { RouteTable } from "./envoy";
import { boundTo, gatewayProxy, gatewayTable, hostsFor, serversAt, type Server } from "./gatewayTables";
import type { ServiceSpec } from "./istio";
import { tcpClusters, tlsClusters } from "./layer4";
import { idOf, ofKind, type Manifest, type Request, type World } from "./manifest";
import { mostSpecific, overlap, withoutPort } from "./names";
import { readyPods } from "./pods";
import { fails, routed, spread, type Served } from "./router";
import { shortForms, sidecarTable } from "./sidecarTables";

/**
 * What a request meets in a world, as a distribution: percents that sum to 100.
 *
 * It is worked out in two parts, as it is on the mesh: the tables that istiod writes for the one proxy that the request
 * passes first, and what Envoy's router does by them. What an answering pod calls in its turn is another request.
 *
 * Not looked at, because none of it says who serves: retries, mirrors, headers that a rule sets, locality, outlier
 * detection, session affinity by consistent hash, Sidecar and EnvoyFilter objects, ServiceEntries.
 */
export function serve(world: World, request: Request): Served[] {
    const { caller } = request;
    return "gateway" in caller ? atGateway(world, request, caller.gateway) : inMesh(world, request, caller);
}

function atGateway(world: World, request: Request, name: string): Served[] {
    const gateway = ofKind(world, "Gateway").find((one) => idOf(one) === name);
    if (!gateway) return [fails(`no gateway ${name}`)];
    const proxy = gatewayProxy(world, gateway);
    const servers = serversAt(world, proxy, request.port);
    const all = written(world, "routes", () => routesIn(world));
    const plain = servers.filter(({ port }) => ["HTTP", "HTTP2", "GRPC"].includes(port.protocol.toUpperCase()));
    const table = (own: readonly Server[]): RouteTable =>
        written(world, JSON.stringify([proxy, own]), () => gatewayTable(world, all, proxy, own));
    if (plain.length > 0) return routed(table(plain), request);
    const server = servers.find(({ port }) => port.protocol.toUpperCase() === "TCP") ?? named(servers, request);
    if (!server) return [fails(`the gateway has no server for ${request.host} at port ${request.port}`)];
    if (opensTls(server)) return routed(table([server]), { ...request, tls: true });
    return passedOn(world, all, proxy, server, request);
}

/** TLS servers of a port share it by the names that clients ask for. */
function named(servers: readonly Server[], { host }: Request): Server | undefined {
    const byHost = new Map(
        servers.flatMap((server) => server.hosts.map((name) => [name.replace(/^.*\//, ""), server] as const)),
    );
    return mostSpecific(withoutPort(host), byHost);
}

function opensTls({ port, tls }: Server): boolean {
    return port.protocol.toUpperCase() === "HTTPS" && !(tls?.mode ?? "").endsWith("PASSTHROUGH");
}

function passedOn(world: World, all: readonly Routes[], proxy: Proxy, server: Server, request: Request): Served[] {
    const to = { ...proxy, gateway: server.gateway, port: request.port };
    const bound = boundTo(all, server.gateway, proxy).filter(({ hosts, namespace }) =>
        hosts.some((host) => hostsFor(server.hosts, namespace).some((own) => overlap(host, own))),
    );
    const isTcp = server.port.protocol.toUpperCase() === "TCP";
    const clusters = isTcp ? tcpClusters(world, bound, to) : tlsClusters(world, bound, to, withoutPort(request.host));
    return clusters ? spread(clusters) : [fails("no route: the gateway closes the connection")];
}

function inMesh(world: World, request: Request, proxy: Proxy): Served[] {
    const all = written(world, "routes", () => routesIn(world));
    const service = lookedUp(world, request, proxy);
    const port = service?.spec.ports?.find((one) => one.port === request.port);
    if (!service) return outside(world, all, request, proxy);
    if (!port) return [fails(`service ${hostOf(service)} has no port ${request.port}`)];
    // What a proxy may not see it passes on as it came, and the node's own balancing takes it.
    const plain = spread([{ weight: 100, endpoints: readyPods(world, service) }]);
    if (!visibleServices(world, proxy.namespace).includes(service)) return plain;
    const protocol = protocolOf(port);
    if (protocol === "udp") return [fails("no HTTP over UDP")];
    if (protocol === "tcp" || protocol === "tls") {
        const bound = boundTo(all, "mesh", proxy).filter(({ hosts }) =>
            hosts.some((host) => overlap(host, hostOf(service))),
        );
        const to = { ...proxy, gateway: "mesh", port: request.port };
        const clusters =
            protocol === "tcp"
                ? tcpClusters(world, bound, to)
                : tlsClusters(world, bound, to, withoutPort(request.host));
        return clusters ? spread(clusters) : plain;
    }
    const table = tableOf(world, all, proxy, request.port);
    if (protocol === "http") return routed(table, request);
    // A port whose protocol nobody has told has a listener for its Service alone, which takes any Host header.
    const own = table.virtualHosts.filter(({ domains }) => domains.includes(hostOf(service)));
    return routed({ ...table, virtualHosts: own.map((one) => ({ ...one, domains: ["*"] })) }, request);
}

/** A name that is no Service's is routed where a listener takes everything of the port: some Service must have said HTTP. */
function outside(world: World, all: readonly Routes[], request: Request, proxy: Proxy): Served[] {
    const listens = visibleServices(world, proxy.namespace).some(({ spec }) =>
        spec.ports?.some((one) => one.port === request.port && protocolOf(one) === "http"),
    );
    const table = tableOf(world, all, proxy, request.port);
    return listens ? routed(table, request) : [fails(table.otherwise)];
}

/** The Service to which the caller's resolver leads a name. */
function lookedUp(world: World, { host }: Request, proxy: Proxy): Manifest<ServiceSpec> | undefined {
    const name = withoutPort(host);
    const found = ofKind(world, "Service").find((service) =>
        [hostOf(service), ...shortForms(hostOf(service), proxy)].includes(name),
    );
    return found && concrete(world, found, found.metadata.namespace);
}

function tableOf(world: World, all: readonly Routes[], proxy: Proxy, port: number): RouteTable {
    return written(world, JSON.stringify([proxy, port]), () => sidecarTable(world, all, proxy, port));
}

/** Worlds don't change: what was written for one once is read again by its other requests. */
function written<Table extends RouteTable | Routes[]>(world: World, key: string, write: () => Table): Table {
    const own = tables.get(world) ?? new Map<string, RouteTable | Routes[]>();
    tables.set(world, own);
    const table = (own.get(key) as Table | undefined) ?? write();
    own.set(key, table);
    return table;
}

const tables = new WeakMap<World, Map<string, RouteTable | Routes[]>>();
