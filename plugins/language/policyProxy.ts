import { once } from "node:events";
import * as net from "node:net";
import * as grpc from "@grpc/grpc-js";
import { AnalyzerClient, AnalyzerService } from "@pulumi/pulumi/proto/analyzer_grpc_pb";
import {
    AnalyzerHandshakeResponse,
    type AnalyzerStackConfigureRequest,
    AnalyzerStackConfigureResponse,
} from "@pulumi/pulumi/proto/analyzer_pb";
import { channelOptions } from "../serve";
import { unary } from "../unary";

/** A policy pack's stand-in towards the engine, until the pack itself can be started. */
export interface PolicyProxy {
    /** Where the engine reaches it, on 127.0.0.1. */
    readonly port: number;
    /** The stack that the engine configures; undefined when it asks something else first, as `pulumi policy publish` does. */
    readonly configuration: Promise<AnalyzerStackConfigureRequest | undefined>;
    /** Passes all calls on to the pack that listens on `port`, from the configuration on. */
    attach(port: number): Promise<void>;
    /** Answers all calls with the reason why there is no pack. */
    fail(reason: Error): void;
    close(): void;
}

/**
 * Serves the Analyzer protocol in place of a policy pack. A pack reads project and stack from its environment, so it can be
 * started only when the engine has said which; and the engine says so only to an analyzer that listens already.
 *
 * Once the pack is there, that connection is closed, and the engine opens another by itself. This one is the pack's own, byte by
 * byte: to pass on two calls for each resource message by message would cost a preview more than the policies do.
 */
export async function policyProxy(): Promise<PolicyProxy> {
    const configuration = deferred<AnalyzerStackConfigureRequest | undefined>();
    const pack = deferred<grpc.Client>();
    pack.promise.catch(() => {});
    let packPort: number | undefined;
    const server = new grpc.Server(channelOptions);
    const answered = server.createConnectionInjector(grpc.ServerCredentials.createInsecure());
    server.addService(rawService, {
        ...forwarding(async () => {
            configuration.resolve(undefined);
            return pack.promise;
        }),
        handshake: unary(() => new AnalyzerHandshakeResponse()),
        configureStack: unary((request: AnalyzerStackConfigureRequest) => {
            configuration.resolve(request);
            return new AnalyzerStackConfigureResponse();
        }),
    });
    const sockets = new Set<net.Socket>();
    const door = net.createServer((socket) => {
        sockets.add(socket.setNoDelay().once("close", () => sockets.delete(socket)));
        if (packPort === undefined) answered.injectConnection(socket);
        else join(socket, packPort);
    });
    await once(door.listen(0, "127.0.0.1"), "listening");
    return {
        port: (door.address() as net.AddressInfo).port,
        configuration: configuration.promise,
        attach: async (port) => {
            const client = new AnalyzerClient(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), channelOptions);
            const request = await configuration.promise;
            if (request) await configure(client, request);
            packPort = port;
            pack.resolve(client);
            // Said before the answer to what waits: with that in hand the engine already knows not to ask here again.
            answered.drain(timeoutMs);
        },
        fail: (reason) => {
            packPort = undefined;
            pack.reject(reason);
        },
        close: () => {
            door.close();
            server.forceShutdown();
            sockets.forEach((socket) => socket.destroy());
        },
    };
}

/** How long the calls that wait for the pack may still take then, in milliseconds. */
const timeoutMs = 600_000;

/** Makes two connections one. */
function join(socket: net.Socket, port: number): void {
    const other = net.connect({ port, host: "127.0.0.1", noDelay: true });
    socket.pipe(other).pipe(socket);
    for (const [one, its] of [
        [socket, other],
        [other, socket],
    ] as const)
        one.on("error", () => its.destroy()).once("close", () => its.destroy());
}

/** The two methods that are answered here; all others pass through as bytes. */
const { handshake, configureStack, ...others } = AnalyzerService as unknown as Record<
    string,
    grpc.MethodDefinition<Buffer, Buffer>
>;
const bytes = (message: Buffer): Buffer => message;
const rawService = {
    handshake,
    configureStack,
    ...mapValues(others, (method) => ({
        ...method,
        requestSerialize: bytes,
        requestDeserialize: bytes,
        responseSerialize: bytes,
        responseDeserialize: bytes,
    })),
} as grpc.ServiceDefinition;

function forwarding(pack: () => Promise<grpc.Client>): Record<string, grpc.handleUnaryCall<Buffer, Buffer>> {
    return mapValues(others, ({ path }) =>
        unary<Buffer, Buffer>(async (request) => {
            const client = await pack();
            return new Promise((resolve, reject) =>
                client.makeUnaryRequest(path, bytes, bytes, request, (error, response) =>
                    error ? reject(error) : resolve(response as Buffer),
                ),
            );
        }),
    );
}

/** Tells the pack its stack. Packs older than this call have it from their environment. */
function configure(client: AnalyzerClient, request: AnalyzerStackConfigureRequest): Promise<void> {
    return new Promise((resolve, reject) =>
        client.configureStack(request, (error) =>
            error && error.code !== grpc.status.UNIMPLEMENTED ? reject(error) : resolve(),
        ),
    );
}

function mapValues<From, To>(record: Readonly<Record<string, From>>, change: (value: From) => To): Record<string, To> {
    return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}

function deferred<T>(): { promise: Promise<T>; resolve: (value: T) => void; reject: (reason: Error) => void } {
    let resolve!: (value: T) => void;
    let reject!: (reason: Error) => void;
    const promise = new Promise<T>((yes, no) => ([resolve, reject] = [yes, no]));
    return { promise, resolve, reject };
}
