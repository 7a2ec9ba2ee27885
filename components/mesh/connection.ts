import type { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { HttpMethod, RequestContext } from "@kubernetes/client-node/dist/gen/http/http.js";
import { IsomorphicFetchHttpLibrary } from "@kubernetes/client-node/dist/gen/http/isomorphic-fetch.js";
import * as http from "node:http";
import * as https from "node:https";
import { createSecureContext } from "node:tls";

/** GET, PUT, and so on. */
export type Method = keyof typeof HttpMethod;

/** A request as it goes out, all of it text. */
export interface Sent {
    readonly method: Method;
    /** With its query. */
    readonly path: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body?: string | undefined;
    readonly signal?: AbortSignal | undefined;
    /** How long the answer may take, in milliseconds. */
    readonly timeoutMs: number;
}

/** What came back. */
export interface Answered {
    /** The HTTP status. */
    readonly code: number;
    readonly text: string;
}

/** What each request says of whom it is from, and the connections that it may take. */
interface Identity {
    readonly headers: Readonly<Record<string, string>>;
    readonly agent: http.Agent;
}

/** For how long an identity holds, in milliseconds: tokens in files and of programs change. */
const identityHolds = 60_000;

/**
 * An API server, as a kubeconfig's user reaches it. The Kubernetes client does the talking, by the library that reads the kubeconfig
 * anyway: undici would take 0.06 s of processor time more at each start. What it lacks is here: connections that are kept from one
 * request to the next, which with TLS is most of a request's time, and an end to waiting.
 */
export class Connection {
    private readonly library = new IsomorphicFetchHttpLibrary();
    private identity?: Promise<Identity> | undefined;
    /** Until when the identity holds, in milliseconds since 1970. */
    private holdsUntil = 0;

    constructor(readonly kubeConfig: KubeConfig) {}

    /** The address of the API server. @throws where the kubeconfig names none */
    get server(): URL {
        const cluster = this.kubeConfig.getCurrentCluster();
        if (cluster) return new URL(cluster.server);
        const context = this.kubeConfig.getCurrentContext();
        throw new Error(
            context
                ? `the kubeconfig has no cluster for context "${context}"`
                : "the kubeconfig names no current context",
        );
    }

    /**
     * Sends a request. One that finds that the server has just closed a connection that was kept is sent by another, unless that would
     * make something twice.
     *
     * @returns what came back, whatever its status is
     * @throws when nothing came back: for want of a connection, in time, or because the signal fired
     */
    async send(sent: Sent): Promise<Answered> {
        try {
            return await this.sendOnce(sent);
        } catch (error) {
            if (sent.method === "POST" || (error as NodeJS.ErrnoException).code !== "ECONNRESET") throw error;
            return this.sendOnce(sent);
        }
    }

    private async sendOnce({ method, path, headers, body, signal, timeoutMs }: Sent): Promise<Answered> {
        const url = this.server.href.replace(/\/$/, "") + path;
        const request = new RequestContext(url, HttpMethod[method]);
        const identity = await this.identify();
        for (const [name, value] of Object.entries({ ...identity.headers, ...headers }))
            request.setHeaderParam(name, value);
        if (body !== undefined) request.setBody(body);
        request.setAgent(identity.agent);
        const tooLate = AbortSignal.timeout(timeoutMs);
        request.setSignal(signal ? AbortSignal.any([signal, tooLate]) : tooLate);
        try {
            const response = await this.library.send(request).toPromise();
            return { code: response.httpStatusCode, text: await response.body.text() };
        } catch (error) {
            throw tooLate.aborted ? new Error(`no answer in ${timeoutMs / 1000} s`, { cause: error }) : error;
        }
    }

    /** The same for all who ask meanwhile: a kubeconfig may name a program that logs in. */
    private identify(): Promise<Identity> {
        if (this.identity && Date.now() < this.holdsUntil) return this.identity;
        const identity = this.newIdentity();
        this.holdsUntil = Date.now() + identityHolds;
        identity.catch(() => {
            if (this.identity === identity) this.identity = undefined;
        });
        return (this.identity = identity);
    }

    private async newIdentity(): Promise<Identity> {
        const options: https.RequestOptions = { headers: {} };
        await this.kubeConfig.applyToHTTPSOptions(options);
        const { headers, auth } = options;
        const basic = auth && { authorization: `Basic ${Buffer.from(auth).toString("base64")}` };
        const agent = agentOf(this.kubeConfig, options, "kept");
        return { headers: { ...(headers as Record<string, string>), ...basic }, agent };
    }
}

/**
 * A kubeconfig for connections that are used up by one request, as a forwarded port's is: certificates and sessions are at hand from
 * those before, which with TLS is most of such a request's time. None is one that was kept: it may be closed just then.
 */
export function openingFast(config: KubeConfig): KubeConfig {
    const applyToHTTPSOptions = async (options: https.RequestOptions): Promise<void> => {
        await config.applyToHTTPSOptions(options);
        options.agent = agentOf(config, options, "own");
    };
    return Object.create(config, { applyToHTTPSOptions: { value: applyToHTTPSOptions } }) as KubeConfig;
}

/** Through a proxy leads only an agent of the client's own. */
function agentOf(config: KubeConfig, options: https.RequestOptions, whose: Agents): http.Agent {
    const cluster = config.getCurrentCluster();
    const isDirect = cluster && cluster.proxyUrl === undefined;
    return isDirect ? agentFor(new URL(cluster.server).protocol, options, whose) : (options.agent as http.Agent);
}

/** Whether a request may have a connection of an earlier one, or has its own. */
type Agents = "kept" | "own";

/** All of them, by what they open connections with. A program ends whether or not some connections are open still. */
const agents = new Map<string, http.Agent>();

/** The same as long as the certificates are. */
function agentFor(
    protocol: string,
    { ca, cert, key, servername, rejectUnauthorized }: https.RequestOptions,
    whose: Agents,
): http.Agent {
    const verified = { rejectUnauthorized, servername };
    const of = JSON.stringify([whose, protocol, ...[ca, cert, key, ...Object.values(verified)].map(String)]);
    const known = agents.get(of);
    if (known) return known;
    const keep = { keepAlive: whose === "kept", maxSockets: Infinity };
    const made =
        protocol === "http:"
            ? new http.Agent(keep)
            : new https.Agent({ secureContext: createSecureContext({ ca, cert, key }), ...verified, ...keep });
    agents.set(of, made);
    return made;
}
