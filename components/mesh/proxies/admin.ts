import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import { PortForward } from "@kubernetes/client-node/dist/portforward.js";
import * as http from "node:http";
import { Duplex, PassThrough } from "node:stream";
import { openingFast } from "../connection";

/** Envoy's administration port, which listens inside the pod only. */
const adminPort = 15000;

/** A proxy of the mesh: the pod it is in. */
export interface Proxy {
    readonly namespace: string;
    readonly pod: string;
}

/** Envoy's administration interface of one pod. */
export interface Admin {
    /** @throws when the pod is gone or its proxy does not answer. */
    get(path: string): Promise<unknown>;
    close(): void;
}

/**
 * Envoy's administration interface of one pod, over one forwarded connection: nothing is run in the pod,
 * and asking again costs one round trip.
 */
export class ProxyAdmin implements Admin {
    private readonly forward: PortForward;
    private agent: http.Agent;

    /** @param answerMs how long an answer may take, its connection included, in milliseconds. */
    constructor(
        config: KubeConfig,
        private readonly proxy: Proxy,
        private readonly answerMs = 10_000,
    ) {
        this.forward = new PortForward(openingFast(config), true);
        this.agent = this.newAgent();
    }

    /** @throws when the pod is gone or its proxy does not answer. */
    async get(path: string): Promise<unknown> {
        return JSON.parse(await this.text(path));
    }

    /** The same, as it was sent. @param answerMs in place of the usual time, in milliseconds. */
    text(path: string, answerMs = this.answerMs): Promise<string> {
        const { agent } = this;
        let timer: NodeJS.Timeout | undefined;
        return new Promise<string>((resolve, reject) => {
            // By a clock of its own: what http takes for a socket here has none, and there may be none yet.
            timer = setTimeout(() => {
                reject(new Error(`no answer in ${answerMs / 1000} s`));
                this.giveUp(agent);
            }, answerMs);
            const request = http.get({ agent, host: "localhost", path }, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("error", reject);
                response.on("end", () => resolve(Buffer.concat(chunks).toString()));
            });
            request.on("error", reject);
        }).finally(() => clearTimeout(timer));
    }

    close(): void {
        this.agent.destroy();
    }

    /** The next question is asked over another connection. */
    private giveUp(agent: http.Agent): void {
        agent.destroy();
        if (this.agent === agent) this.agent = this.newAgent();
    }

    private newAgent(): http.Agent {
        const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
        // The agent takes any duplex stream for a socket; its types know only of sockets.
        const connect = (_options: unknown, done: (error: Error | null, stream?: Duplex) => void): void => {
            open(this.forward, this.proxy).then(
                (stream) => {
                    done(null, stream);
                    // It came after nobody waited for it any more.
                    if (this.agent !== agent) stream.destroy();
                },
                (error: Error) => done(error),
            );
        };
        agent.createConnection = connect as unknown as typeof agent.createConnection;
        return agent;
    }
}

/** What is used of the client's socket, whose own type is in a package that is not here. */
interface Socket {
    close?(): void;
    on?(event: "close", listener: () => void): void;
}

async function open(forward: PortForward, proxy: Proxy): Promise<Duplex> {
    const received = new PassThrough();
    const sent = new PassThrough();
    const errors = new PassThrough();
    const { namespace, pod } = proxy;
    const socket = (await forward.portForward(namespace, pod, [adminPort], received, errors, sent)) as Socket;
    const stream = Duplex.from({ readable: received, writable: sent });
    const close = (): void => {
        socket.close?.();
    };
    stream.once("close", close);
    // Whoever waits for an answer hears of it by his request. A connection that is one too many, as of two who ask at once, is given up
    // by the agent after its answer, which the stream calls an error: with nobody to hear it, it would end the process.
    stream.on("error", () => undefined);
    errors.on("data", (chunk: Buffer) => stream.destroy(new Error(chunk.toString().trim())));
    socket.on?.("close", () => stream.destroy());
    // What http asks of a socket and a plain stream does not have.
    return Object.assign(stream, {
        setKeepAlive: () => stream,
        setNoDelay: () => stream,
        setTimeout: () => stream,
        ref: () => stream,
        unref: () => stream,
    });
}
