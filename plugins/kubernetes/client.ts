import * as http from "node:http";
import * as https from "node:https";
import * as readline from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import type { ProviderConfig } from "./config";
import { loadKubeConfig, type KubeConfig } from "./kubeconfig";
import { errorOf, textOf } from "./response";
import { ApiError, CancelledError, UnreachableError } from "./errors";
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

/** How long authentication is used before it is asked for again: tokens in files and of programs change. */
const authLifetimeMs = 60_000;
const retryDelaysMs = [100, 200, 400, 800];

/**
 * Speaks JSON with an API server over connections that are kept open. Objects come and go as they are on the wire, because the
 * state of a resource is exactly what the server said.
 */
export class ApiClient {
    private readonly kubeConfig: Promise<KubeConfig>;
    private connection?: { options: https.RequestOptions; madeAt: number };
    private agent?: { agent: https.Agent; madeFor: string };

    constructor(private readonly config: ProviderConfig) {
        this.kubeConfig = loadKubeConfig(config);
        this.kubeConfig.catch(() => undefined);
    }

    /**
     * Sends one request. What fails in passing (no connection, too many requests, a server error where asking again is harmless)
     * is tried again for about two seconds.
     *
     * @throws ApiError with the server's message, UnreachableError, CancelledError when the signal fires.
     */
    async request(method: string, path: string, options: RequestOptions = {}): Promise<Properties> {
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

    /** Watches until the server ends the stream (it does so every few minutes) or the signal fires. */
    async watch(path: string, query: Query, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void> {
        const response = await this.open("GET", path, {
            query: { ...query, watch: true, allowWatchBookmarks: true },
            signal,
        });
        if (response.statusCode !== 200) throw await errorOf(response);
        try {
            for await (const line of readline.createInterface({ input: response, crlfDelay: Infinity })) {
                if (line) onEvent(JSON.parse(line) as WatchEvent);
            }
        } catch (error) {
            if (!signal.aborted) throw new UnreachableError(await this.server(), error);
        }
    }

    /** The address of the API server. */
    async server(): Promise<string> {
        return clusterUrl(await this.kubeConfig).href;
    }

    /** The namespace that the kubeconfig's context names, or `default`; undefined when there is no usable kubeconfig. */
    async defaultNamespace(): Promise<string | undefined> {
        return this.kubeConfig.then(
            (config) => config.getContextObject(config.getCurrentContext())?.namespace || "default",
            () => undefined,
        );
    }

    private async send(method: string, path: string, options: RequestOptions): Promise<Properties> {
        const response = await this.open(method, path, options);
        if ((response.statusCode ?? 500) >= 400) throw await errorOf(response);
        const text = await textOf(response).catch(async (error: unknown) => {
            throw options.signal?.aborted ? new CancelledError() : new UnreachableError(await this.server(), error);
        });
        const body = JSON.parse(text || "{}") as Value;
        return isObject(body) ? body : {};
    }

    private async open(
        method: string,
        path: string,
        { query = {}, body, contentType, accept, signal }: RequestOptions,
    ): Promise<http.IncomingMessage> {
        const url = clusterUrl(await this.kubeConfig);
        url.pathname = url.pathname.replace(/\/$/, "") + path;
        for (const [key, value] of Object.entries(query))
            if (value !== undefined) url.searchParams.set(key, String(value));
        const payload = body === undefined ? undefined : JSON.stringify(body);
        const { headers, ...connection } = await this.connect();
        const requestOptions: https.RequestOptions = {
            ...connection,
            method,
            signal,
            headers: {
                ...(headers as http.OutgoingHttpHeaders),
                accept: accept ?? "application/json",
                ...(payload !== undefined && {
                    "content-type": contentType ?? "application/json",
                    "content-length": Buffer.byteLength(payload),
                }),
            },
        };
        return new Promise((resolve, reject) => {
            const request =
                url.protocol === "http:" ? http.request(url, requestOptions) : https.request(url, requestOptions);
            request.on("response", resolve);
            request.on("error", (error) =>
                reject(signal?.aborted ? new CancelledError() : new UnreachableError(url.origin, error)),
            );
            // Without a watch nothing may hang: the server itself gives up on a request after a minute.
            if (!query.watch)
                request.setTimeout(this.config.requestTimeoutMs, () =>
                    request.destroy(new Error("no answer within the time limit")),
                );
            request.end(payload);
        });
    }

    /** Certificates and headers as the kubeconfig gives them; the agent stays the same as long as the certificates do. */
    private async connect(): Promise<https.RequestOptions> {
        if (this.connection && Date.now() - this.connection.madeAt < authLifetimeMs) return this.connection.options;
        const kubeConfig = await this.kubeConfig;
        const options: https.RequestOptions = { headers: {} };
        await kubeConfig.applyToHTTPSOptions(options);
        const { ca, cert, key, rejectUnauthorized, servername, headers, auth, agent } = options;
        const isProxied = Boolean(kubeConfig.getCurrentCluster()?.proxyUrl);
        if (!isProxied) {
            const madeFor = JSON.stringify([ca, cert, key, rejectUnauthorized, servername].map(String));
            const settings = { ca, cert, key, rejectUnauthorized, servername, keepAlive: true, maxSockets: Infinity };
            const isPlain = clusterUrl(kubeConfig).protocol === "http:";
            if (this.agent?.madeFor !== madeFor) {
                this.agent = {
                    agent: isPlain ? (new http.Agent({ keepAlive: true }) as https.Agent) : new https.Agent(settings),
                    madeFor,
                };
            }
        }
        this.connection = {
            options: { headers, auth, agent: isProxied ? agent : this.agent?.agent },
            madeAt: Date.now(),
        };
        return this.connection.options;
    }
}

function clusterUrl(kubeConfig: KubeConfig): URL {
    const cluster = kubeConfig.getCurrentCluster();
    if (!cluster) {
        const context = kubeConfig.getCurrentContext();
        throw new UnreachableError(
            "no cluster",
            new Error(
                context
                    ? `the kubeconfig has no cluster for context "${context}"`
                    : "the kubeconfig names no current context",
            ),
        );
    }
    return new URL(cluster.server);
}

function isPassing(error: unknown, method: string): boolean {
    const isRead = method === "GET";
    if (error instanceof ApiError) return error.code === 429 || (isRead && error.code >= 500);
    if (!(error instanceof UnreachableError)) return false;
    const code = errorCode(error.cause);
    return code === "ECONNREFUSED" || (isRead && (code === "ECONNRESET" || code === "EPIPE"));
}

function errorCode(error: unknown): unknown {
    if (error instanceof AggregateError) return errorCode(error.errors[0]);
    return error instanceof Error && "code" in error ? error.code : undefined;
}
