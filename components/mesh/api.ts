import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { V1Pod } from "@kubernetes/client-node/dist/gen/models/V1Pod.js";
import { createHash } from "node:crypto";
import * as http from "node:http";
import * as https from "node:https";

/** How long an API server may take to answer, in milliseconds, where nothing else is said. */
const defaultTimeoutMs = 30_000;

/** What is sent beside method and path. */
export interface Sent {
    readonly body?: object;
    /** Default: application/json. */
    readonly type?: string;
    /** How long the answer may take, in milliseconds. Default 30,000. */
    readonly timeoutMs?: number | undefined;
}

/** What an API server answers where it does not do what it was asked. */
export class ApiError extends Error {
    /** @param code the HTTP status. */
    constructor(
        message: string,
        readonly code: number,
    ) {
        super(message);
    }
}

/**
 * An API server, asked by its own paths, as `kubectl get --raw` does, over connections that stay open. A kubeconfig and whoever logs in
 * by it are the Kubernetes client's; of its classes for every kind nothing is used: to load those four megabytes takes longer, at each
 * start, than all that is asked here.
 */
export class Api {
    constructor(private readonly config: KubeConfig) {}

    /** @throws an ApiError with the status where the server refuses; what is wrong, where it does not answer in time. */
    get<Answer>(path: string, sent?: Sent): Promise<Answer> {
        return this.ask<Answer>("GET", path, sent);
    }

    /** @throws as `get` does */
    async ask<Answer>(
        method: string,
        path: string,
        { body, type, timeoutMs = defaultTimeoutMs }: Sent = {},
    ): Promise<Answer> {
        const { url, options } = await this.optionsFor(path);
        const given = body === undefined ? undefined : JSON.stringify(body);
        const headers = {
            ...options.headers,
            accept: "application/json",
            ...(given !== undefined && {
                "content-type": type ?? "application/json",
                "content-length": Buffer.byteLength(given),
            }),
        };
        const { status, text } = await sendTo(url, { ...options, method, headers }, given, timeoutMs);
        if (status < 400) return JSON.parse(text) as Answer;
        throw new ApiError(`${method} ${url.pathname}: ${messageIn(text) || status}`, status);
    }

    /** The pods of all namespaces, or of one, with these labels. @throws as `get` does */
    async pods(namespace?: string, labels: Readonly<Record<string, string>> = {}): Promise<V1Pod[]> {
        const selector = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
        const asked = selector.length > 0 ? `?labelSelector=${encodeURIComponent(selector.join(","))}` : "";
        const { items } = await this.get<{ items: V1Pod[] }>(`${pathTo("core", "v1", "pods", namespace)}${asked}`);
        return items;
    }

    /** One pod. @throws as `get` does */
    pod(namespace: string, name: string): Promise<V1Pod> {
        return this.get<V1Pod>(pathTo("core", "v1", "pods", namespace, name));
    }

    private async optionsFor(path: string): Promise<{ url: URL; options: Options }> {
        const cluster = this.config.getCurrentCluster();
        if (!cluster) throw new Error("The kubeconfig names no cluster.");
        const options: Options = {};
        // Each time: whoever logs in by a command or a file has another token after a while.
        await this.config.applyToHTTPSOptions(options);
        const url = new URL(cluster.server.replace(/\/$/, "") + path);
        // What goes by a proxy has that one's own way to connect.
        const agent = cluster.proxyUrl === undefined ? keptFor(url, options) : options.agent;
        return { url, options: { ...options, agent } };
    }
}

/** What the client sets: its types leave open whether headers are a list, which they never are. */
type Options = Omit<https.RequestOptions, "headers"> & { readonly headers?: http.OutgoingHttpHeaders };

/** Where a kind is asked for, or one object of it: `/apis/apps/v1/namespaces/shop/deployments/review`. @param group `core` for the nameless one */
export function pathTo(group: string, version: string, plural: string, namespace?: string, name?: string): string {
    const parts = [
        ...(group === "core" ? ["api"] : ["apis", group]),
        version,
        ...(namespace === undefined ? [] : ["namespaces", namespace]),
        plural,
        ...(name === undefined ? [] : [name]),
    ];
    return `/${parts.map(encodeURIComponent).join("/")}`;
}

/** Connections that stay open, by what they were opened with. Node ends with its program whether or not some are. */
const kept = new Map<string, http.Agent>();

function keptFor({ protocol, host }: URL, options: https.RequestOptions): http.Agent {
    const { ca, cert, key, servername, rejectUnauthorized } = options;
    const opened = JSON.stringify([protocol, host, ca, cert, key, servername, rejectUnauthorized]);
    const digest = createHash("sha256").update(opened).digest("base64");
    const known = kept.get(digest);
    if (known) return known;
    const made =
        protocol === "http:"
            ? new http.Agent({ keepAlive: true })
            : new https.Agent({ keepAlive: true, ca, cert, key, servername, rejectUnauthorized });
    kept.set(digest, made);
    return made;
}

function sendTo(
    url: URL,
    options: https.RequestOptions,
    given: string | undefined,
    timeoutMs: number,
): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
        const request = (url.protocol === "http:" ? http : https).request(url, options, (response) => {
            const chunks: Buffer[] = [];
            response.on("data", (chunk: Buffer) => chunks.push(chunk));
            response.on("error", reject);
            response.on("end", () => {
                resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() });
            });
        });
        const late = (): void => void request.destroy(new Error(`no answer in ${timeoutMs / 1000} s`));
        const timer = setTimeout(late, timeoutMs);
        request.on("close", () => clearTimeout(timer));
        request.on("error", (error: NodeJS.ErrnoException) => {
            // A connection that was kept may be closed just then by the server; what would be done twice is not sent twice.
            const isStale = request.reusedSocket && error.code === "ECONNRESET" && options.method !== "POST";
            if (isStale) sendTo(url, options, given, timeoutMs).then(resolve, reject);
            else reject(error);
        });
        request.end(given);
    });
}

/** What a Status says. */
function messageIn(text: string): string | undefined {
    try {
        return (JSON.parse(text) as { message?: string }).message;
    } catch {
        return text.trim();
    }
}
