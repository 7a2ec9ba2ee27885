import type { Placed } from "./objects";
import { type Body, bodiesAt, textAt } from "./values";

/** How the mesh reads what comes to a port: requests are told apart by http rules alone, connections by tcp and tls rules. */
export type Protocol = "http" | "tcp" | "tls";

const http = ["http", "http2", "grpc", "grpc-web", "kubernetes.io/h2c", "kubernetes.io/ws"];
const tls = ["https", "tls", "kubernetes.io/wss"];
const opaque = ["tcp", "udp", "mongo", "mysql", "redis"];

/**
 * The protocol of a Service's port as Istio takes it: by `appProtocol`, else by the port's name up to its first dash. Of what
 * neither says the proxy finds out itself, and HTTP is then HTTP.
 */
export function protocolOf(port: Body): Protocol {
    const protocol = declared(port);
    if (http.includes(protocol)) return "http";
    if (tls.includes(protocol)) return "tls";
    if (opaque.includes(protocol) || textAt(port, "protocol") === "UDP") return "tcp";
    return "http";
}

/**
 * Whether any port of a Service is declared as HTTP. The proxy looks at Host headers there; what comes to a port of which it has to
 * find out the protocol belongs to the Service, whatever host it asks for.
 */
export function declaresHttp(service: Pick<Placed, "body">): boolean {
    return bodiesAt(service.body, "spec", "ports").some((port) => http.includes(declared(port)));
}

function declared(port: Body): string {
    const said = textAt(port, "appProtocol")?.toLowerCase();
    const named = (textAt(port, "name") ?? "").toLowerCase();
    return said ?? (named.startsWith("grpc-web") ? "grpc-web" : (named.split("-")[0] ?? ""));
}

/** The protocols of a Service's ports, each once; of one without ports it is HTTP. */
export function protocolsOf(service: Pick<Placed, "body">): Protocol[] {
    const found = bodiesAt(service.body, "spec", "ports").map(protocolOf);
    return found.length > 0 ? [...new Set(found)] : ["http"];
}
