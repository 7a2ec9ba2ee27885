import { setTimeout as delay } from "node:timers/promises";
import type { ClusterAccess } from "../../components/mesh/client";
import type { ProviderConfig } from "./config";
import type { Method } from "../../components/mesh/connection";
import type { ProviderConnection } from "./connection";
import { ApiError, CancelledError, codeOf, UnreachableError } from "./errors";
import { errorOf } from "./response";
import { isObject, type Properties, type Value } from "./values";

export type Query = Record<string, string | boolean | number | undefined>;

export interface RequestOptions {
    query?: Query;
    body?: Value;
    contentType?: string;
    accept?: string;
    signal?: AbortSignal;
}

/** One change that a watch reports. */
export interface WatchEvent {
    type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
    object: Properties;
}

const retryDelaysMs = [100, 200, 400, 800];

/** Speaks JSON with an API server. Objects come and go as they are on the wire, because the state of a resource is exactly what the server said. */
export class ApiClient {
    private readonly connection: Promise<ProviderConnection>;

    constructor(private readonly config: ProviderConfig) {
        this.connection = connect(config);
        // Whoever asks is told.
        this.connection.catch(() => undefined);
    }

    /**
     * Sends one request. What fails in passing (no connection, too many requests, a server error where asking again is harmless)
     * is tried again for about two seconds.
     *
     * @throws ApiError with the server's message, UnreachableError, CancelledError when the signal fires.
     */
    async request(method: Method, path: string, options: RequestOptions = {}): Promise<Properties> {
        for (const wait of retryDelaysMs) {
            try {
                return await this.send(method, path, options);
            } catch (error) {
                if (!isPassing(error, method)) throw error;
                await delay(wait, undefined, { signal: options.signal }).catch(() => {
                    throw new CancelledError();
                });
            }
        }
        return this.send(method, path, options);
    }

    /**
     * Watches until the server ends the stream (it does so every few minutes) or the signal fires.
     *
     * @throws ApiError when the server does not let this user watch; UnreachableError when the connection breaks.
     */
    async watch(path: string, query: Query, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
        const connection = await this.connection;
        const tell = (type: string, object: unknown): void => onEvent({ type, object } as WatchEvent);
        try {
            await connection.watch(path, texts({ ...query, allowWatchBookmarks: true }), tell, signal);
        } catch (error) {
            throw error instanceof ApiError ? error : new UnreachableError(connection.server.href, error);
        }
    }

    /** The namespace that the kubeconfig's context names, or `default`; undefined when there is no usable kubeconfig. */
    async defaultNamespace(): Promise<string | undefined> {
        return this.connection.then(
            ({ namespace }) => namespace,
            () => undefined,
        );
    }

    private async send(method: Method, path: string, options: RequestOptions): Promise<Properties> {
        const connection = await this.connection;
        const { query = {}, body, contentType = "application/json", accept = "application/json", signal } = options;
        const asked = new URLSearchParams(texts(query)).toString();
        const { code, text } = await connection
            .send({
                method,
                path: asked === "" ? path : `${path}?${asked}`,
                headers: { accept, ...(body !== undefined && { "content-type": contentType }) },
                body: body === undefined ? undefined : JSON.stringify(body),
                signal,
                timeoutMs: this.config.requestTimeoutMs,
            })
            .catch((error: unknown) => {
                if (signal?.aborted) throw new CancelledError();
                throw error instanceof UnreachableError ? error : new UnreachableError(connection.server.origin, error);
            });
        if (code >= 400) throw errorOf(code, text);
        const answer = JSON.parse(text || "{}") as Value;
        return isObject(answer) ? answer : {};
    }
}

/** Late: it brings in a part of the Kubernetes client, and the engine waits until the provider says its port. */
async function connect(access: ClusterAccess): Promise<ProviderConnection> {
    const { ProviderConnection } = await import("./connection");
    return new ProviderConnection(access);
}

function texts(query: Query): Record<string, string> {
    const set = Object.entries(query).filter(([, value]) => value !== undefined);
    return Object.fromEntries(set.map(([key, value]) => [key, String(value)]));
}

function isPassing(error: unknown, method: string): boolean {
    const isRead = method === "GET";
    if (error instanceof ApiError) return error.code === 429 || (isRead && error.code >= 500);
    if (!(error instanceof UnreachableError)) return false;
    const code = codeOf(error.cause);
    return code === "ECONNREFUSED" || (isRead && (code === "ECONNRESET" || code === "EPIPE"));
}
