import * as http from "node:http";
import * as https from "node:https";
import { type HttpMethod, RequestContext, type ResponseContext } from "@kubernetes/client-node/dist/gen/http/http.js";
import { IsomorphicFetchHttpLibrary } from "@kubernetes/client-node/dist/gen/http/isomorphic-fetch.js";
import { Watch } from "@kubernetes/client-node/dist/watch.js";
import { type ClusterAccess, kubeConfigOf } from "../../components/mesh/client";
import { ApiError, UnreachableError } from "./errors";

/** A request as it goes out, all of it text. */
export interface Sent {
    readonly method: string;
    readonly path: string;
    readonly query: Readonly<Record<string, string>>;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string | undefined;
    readonly signal: AbortSignal | undefined;
}

/** What each request says of whom it is from, and the connections that it may take. */
interface Identity {
    readonly headers: Readonly<Record<string, string>>;
    readonly agent: http.Agent;
    /** Of what the agent was made. */
    readonly of: string;
    /** Since when it is known, in milliseconds. */
    readonly since: number;
}

/** For how long an identity holds, in milliseconds: tokens in files and of programs change. */
const identityHolds = 60_000;

/**
 * An API server, as a kubeconfig's user reaches it. The Kubernetes client does the talking, by the library that reads the kubeconfig
 * anyway: undici would take a tenth of a second more to load at each start. What it lacks is here: connections that are kept from one
 * request to the next, which with TLS is most of a request's time, and an end to waiting.
 */
export class Connection {
    private readonly kubeConfig;
    private readonly library = new IsomorphicFetchHttpLibrary();
    private identity?: Identity;

    /** @throws when the kubeconfig can't be read, or has no such context or cluster */
    constructor(
        access: ClusterAccess,
        private readonly timeoutMs: number,
    ) {
        this.kubeConfig = kubeConfigOf(access);
    }

    /** The address of the API server. @throws UnreachableError where the kubeconfig names none */
    get server(): URL {
        const cluster = this.kubeConfig.getCurrentCluster();
        if (cluster) return new URL(cluster.server);
        const context = this.kubeConfig.getCurrentContext();
        const why = context
            ? `the kubeconfig has no cluster for context "${context}"`
            : "the kubeconfig names no current context";
        throw new UnreachableError("no cluster", new Error(why));
    }

    /** The namespace that the context names, or `default`. */
    get namespace(): string {
        return this.kubeConfig.getContextObject(this.kubeConfig.getCurrentContext())?.namespace || "default";
    }

    /**
     * Sends a request once.
     *
     * @returns what came back and its body, whatever its code is
     * @throws when nothing came back: for want of a connection, in time, or because the signal fired
     */
    async send({ method, path, query, headers, body, signal }: Sent): Promise<[ResponseContext, string]> {
        const url = this.server;
        url.pathname = url.pathname.replace(/\/$/, "") + path;
        url.search = new URLSearchParams(query).toString();
        const request = new RequestContext(url.href, method as HttpMethod);
        const identity = await this.identify();
        for (const [name, value] of Object.entries({ ...identity.headers, ...headers }))
            request.setHeaderParam(name, value);
        if (body !== undefined) request.setBody(body);
        request.setAgent(identity.agent);
        const tooLate = AbortSignal.timeout(this.timeoutMs);
        request.setSignal(signal ? AbortSignal.any([signal, tooLate]) : tooLate);
        try {
            const response = await this.library.send(request).toPromise();
            return [response, await response.body.text()];
        } catch (error) {
            throw tooLate.aborted ? new Error("no answer within the time limit", { cause: error }) : error;
        }
    }

    /**
     * Watches until the server ends the stream or the signal fires.
     *
     * @throws ApiError when the server does not let this user watch; what broke the stream otherwise
     */
    watch(
        path: string,
        query: Readonly<Record<string, string>>,
        onEvent: (type: string, object: unknown) => void,
        signal: AbortSignal,
    ): Promise<void> {
        return new Promise((resolve, reject) => {
            signal.addEventListener("abort", () => resolve(), { once: true });
            const done = (error: unknown): void => {
                if (!error || signal.aborted) resolve();
                else reject(asApiError(error, path));
            };
            const tell = (type: string, object: unknown): void => {
                if (!signal.aborted) onEvent(type, object);
            };
            const end = (watching: AbortController): void => {
                if (signal.aborted) watching.abort();
                else signal.addEventListener("abort", () => watching.abort(), { once: true });
            };
            new Watch(this.kubeConfig).watch(path, query, tell, done).then(end, done);
        });
    }

    /** The agent stays the same as long as the certificates do. */
    private async identify(): Promise<Identity> {
        if (this.identity && Date.now() - this.identity.since < identityHolds) return this.identity;
        const options: https.RequestOptions = { headers: {} };
        await this.kubeConfig.applyToHTTPSOptions(options);
        const { ca, cert, key, rejectUnauthorized, servername, auth, agent } = options;
        const tls = { ca, cert, key, rejectUnauthorized, servername };
        const of = JSON.stringify(Object.values(tls).map(String));
        const basic = auth && { authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
        const keep = { keepAlive: true, maxSockets: Infinity };
        const make = (): http.Agent => {
            // Through a proxy leads only an agent of the client's own.
            if (this.kubeConfig.getCurrentCluster()?.proxyUrl) return agent as http.Agent;
            return this.server.protocol === "http:" ? new http.Agent(keep) : new https.Agent({ ...tls, ...keep });
        };
        this.identity = {
            headers: { ...(options.headers as Record<string, string>), ...basic },
            agent: this.identity?.of === of ? this.identity.agent : make(),
            of,
            since: Date.now(),
        };
        return this.identity;
    }
}

function asApiError(error: unknown, path: string): unknown {
    const { statusCode } = error as { statusCode?: number };
    return statusCode === undefined
        ? error
        : new ApiError(statusCode, "", `${(error as Error).message}: watch ${path}`);
}
