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

/**
 * Envoy's administration interface of one pod, over one forwarded connection: nothing is run in the pod,
 * and asking again costs one round trip.
 */
export class ProxyAdmin {
    private readonly agent = new http.Agent({ keepAlive: true, maxSockets: 1 });

    constructor(config: KubeConfig, proxy: Proxy) {
        const forward = new PortForward(openingFast(config), true);
        // The agent takes any duplex stream for a socket; its types know only of sockets.
        const connect = (_options: unknown, done: (error: Error | null, stream?: Duplex) => void): void => {
            open(forward, proxy).then(
                (stream) => done(null, stream),
                (error: Error) => done(error),
            );
        };
        this.agent.createConnection = connect as unknown as typeof this.agent.createConnection;
    }

    /** @throws when the pod is gone or its proxy does not answer. */
    async get(path: string): Promise<unknown> {
        const text = await new Promise<string>((resolve, reject) => {
            const request = http.get({ agent: this.agent, host: "localhost", path, timeout: 10_000 }, (response) => {
                const chunks: Buffer[] = [];
                response.on("data", (chunk: Buffer) => chunks.push(chunk));
                response.on("error", reject);
                response.on("end", () => resolve(Buffer.concat(chunks).toString()));
            });
            request.on("timeout", () => request.destroy(new Error("no answer in 10 s")));
            request.on("error", reject);
        });
        return JSON.parse(text);
    }

    close(): void {
        this.agent.destroy();
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
