import type { Placed } from "./objects";
import { once } from "./once";
import { type Body, bodiesAt, numberAt, textAt } from "./values";

/** How the mesh reads what comes to a port: requests are told apart by http rules alone, connections by tcp and tls rules. */
export type Protocol = "http" | "tcp" | "tls";

const http = ["http", "http2", "grpc", "grpc-web", "kubernetes.io/h2c", "kubernetes.io/ws"];
const tls = ["https", "tls", "kubernetes.io/wss"];
const opaque = ["tcp", "udp", "mongo", "mysql", "redis"];

/**
 * What a port says of itself: by `appProtocol`, else by its name up to the first dash. Undefined where it says nothing that Istio
 * knows.
 */
export function saidProtocol(port: Body): string | undefined {
    const named = (textAt(port, "name") ?? "").toLowerCase();
    const byName = named.startsWith("grpc-web") ? "grpc-web" : (named.split("-")[0] ?? "");
    const said = textAt(port, "appProtocol")?.toLowerCase() ?? byName;
    return [...http, ...tls, ...opaque].includes(said) ? said : undefined;
}

/**
 * The protocol of a Service's port as Istio takes it. Of one that says nothing the proxy finds out itself, and HTTP is then HTTP.
 */
export function protocolOf(port: Body): Protocol {
    const said = saidProtocol(port);
    if (said !== undefined && http.includes(said)) return "http";
    if (said !== undefined && tls.includes(said)) return "tls";
    return said !== undefined || textAt(port, "protocol") === "UDP" ? "tcp" : "http";
}

/**
 * Whether any port of a Service is declared as HTTP. The proxy looks at Host headers there; what comes to a port of which it has to
 * find out the protocol belongs to the Service, whatever host it asks for.
 */
export function declaresHttp({ body }: Pick<Placed, "body">): boolean {
    return isHttpIn(body);
}

const isHttpIn = once((service: Body): boolean => {
    const ports = bodiesAt(service, "spec", "ports");
    // Of one without ports nothing else is known than that it is HTTP.
    return ports.length === 0 || ports.some((port) => http.includes(saidProtocol(port) ?? ""));
});

/** Where pods take what comes to a Service's port: their port by its number or its name, the same number where nothing is said. */
export function targetOf(port: Body): number | string | undefined {
    return numberAt(port, "targetPort") ?? textAt(port, "targetPort") ?? numberAt(port, "port");
}

/** The protocols of a Service's ports, each once; of one without ports it is HTTP. */
export function protocolsOf({ body }: Pick<Placed, "body">): readonly Protocol[] {
    return protocolsIn(body);
}

const protocolsIn = once((service: Body): readonly Protocol[] => {
    const found = bodiesAt(service, "spec", "ports").map(protocolOf);
    return found.length > 0 ? [...new Set(found)] : ["http"];
});
