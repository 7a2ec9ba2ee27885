import { once } from "node:events";
import * as http from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { ApiClient } from "../../plugins/kubernetes/client";
import { readConfig } from "../../plugins/kubernetes/config";
import { Discovery } from "../../plugins/kubernetes/discovery";
import { Engine } from "../../plugins/kubernetes/engine";
import type { Workplace } from "../../plugins/kubernetes/operation";
import type { Properties } from "../../plugins/kubernetes/values";

/** What an API server is asked; of discovery and watches no test is told. */
export interface Asked {
    method: string;
    path: string;
    query: URLSearchParams;
    body: Properties;
}

/** What it says; of a connection that breaks instead, nobody hears. */
export type Said = { code?: number; body: Properties } | "nothing, and the connection breaks";

export interface ApiStandIn {
    /** For the provider's operations. */
    place: Workplace;
    /** What was asked so far, as `METHOD /path`. */
    asked: string[];
    /** What users were told to stay. */
    told: string[];
    stop(): void;
}

/** Stands in for an API server, by HTTP and a client of the provider's own, where a real one can't be brought to what a test is about. */
export async function apiStandIn(
    answer: (asked: Asked) => Said,
    cancelled = new AbortController().signal,
): Promise<ApiStandIn> {
    const asked: string[] = [];
    const respond = async (request: http.IncomingMessage, response: http.ServerResponse): Promise<void> => {
        const { pathname: path, searchParams: query } = new URL(request.url ?? "", "http://server");
        const { method = "" } = request;
        if (path === "/api" || path === "/apis") return void response.end(JSON.stringify(discovery[path]));
        // Goes on until the server stops.
        if (query.has("watch")) {
            response.writeHead(200).flushHeaders();
            return;
        }
        asked.push(`${method} ${path}`);
        const said = answer({ method, path, query, body: JSON.parse((await text(request)) || "{}") as Properties });
        if (typeof said === "string") return void request.socket.destroy();
        response.writeHead(said.code ?? 200, { "content-type": "application/json" }).end(JSON.stringify(said.body));
    };
    const server = http.createServer((request, response) => void respond(request, response));
    await once(server.listen(0, "127.0.0.1"), "listening");
    const client = new ApiClient(readConfig({ kubeconfig: kubeconfigFor((server.address() as AddressInfo).port) }));
    const told: string[] = [];
    const engine = Object.assign(new Engine(undefined), {
        log: (_urn: string, _severity: string, message: string) => void told.push(message),
    });
    const place = { client, discovery: new Discovery(client), cancelled, engine, patchForce: false };
    return {
        place,
        asked,
        told,
        stop: () => {
            server.closeAllConnections();
            server.close();
        },
    };
}

/** What a server says when it refuses. */
export function refusal(code: number, reason: string, message = reason): Said {
    return { code, body: { kind: "Status", code, reason, message } };
}

function kubeconfigFor(port: number): string {
    return JSON.stringify({
        clusters: [{ name: "it", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
        users: [{ name: "it", user: {} }],
        contexts: [{ name: "it", context: { cluster: "it", user: "it" } }],
        "current-context": "it",
    });
}

const kinds = (group: string, ...resources: [kind: string, resource: string, scope?: string][]): Properties => ({
    metadata: { name: group },
    versions: [
        {
            version: "v1",
            resources: resources.map(([kind, resource, scope = "Namespaced"]) => ({
                resource,
                scope,
                responseKind: { kind },
            })),
        },
    ],
});

const discovery: Record<string, Properties> = {
    "/api": {
        items: [
            kinds(
                "",
                ["ConfigMap", "configmaps"],
                ["Secret", "secrets"],
                ["Pod", "pods"],
                ["PersistentVolumeClaim", "persistentvolumeclaims"],
            ),
        ],
    },
    "/apis": {
        items: [
            kinds("apps", ["Deployment", "deployments"], ["ReplicaSet", "replicasets"]),
            kinds("storage.k8s.io", ["StorageClass", "storageclasses", "Cluster"]),
        ],
    },
};
