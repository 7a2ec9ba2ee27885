import * as grpc from "@grpc/grpc-js";
import { isKept } from "./kept";

/** As much as the official plugins take, 400 MiB: a big CRD or state must not meet gRPC's default of 4 MiB. */
const messageSize = 400 * 1024 * 1024;

/** Options for every gRPC server and client of a plugin. The engine is on this machine: no proxy stands between. */
export const channelOptions: grpc.ChannelOptions = {
    "grpc.max_receive_message_length": messageSize,
    "grpc.max_send_message_length": messageSize,
    "grpc.enable_http_proxy": 0,
};

/**
 * Serves a Pulumi plugin: the services that `register` adds, on a free port of 127.0.0.1, which is printed as the first line
 * of stdout, where the engine reads it.
 *
 * ```ts
 * serve((server) => server.addService(provrpc.ResourceProviderService, provider(engineAddress()))).catch(fatal);
 * ```
 *
 * Resolves once the port is printed. When the engine goes away, however it ends, the process exits with code 0; what must be
 * tidied then belongs in `process.on("exit")`. Without an engine's address (started by hand) it serves until it is killed, or until the
 * program that keeps it is gone.
 */
export async function serve(register: (server: grpc.Server) => void): Promise<void> {
    const server = new grpc.Server(channelOptions);
    register(server);
    process.stdout.write(`${await listen(server)}\n`);
    const engine = engineAddress();
    if (engine) whenGone(engine, () => process.exit(0));
    else if (isKept()) endWithKeepers();
}

/** Ends once nobody holds the other end of its standard input: the program that keeps it, and each engine that is to work with it. */
function endWithKeepers(): void {
    const left = (): void => process.exit(0);
    process.stdin.on("end", left).on("error", left).resume();
}

/** Listens on a free port of 127.0.0.1 and returns it. */
export function listen(server: grpc.Server): Promise<number> {
    return new Promise((resolve, reject) =>
        server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) =>
            error ? reject(error) : resolve(port),
        ),
    );
}

/** The engine's `host:port`: the last argument that is no option; undefined when the plugin was started by hand. */
export function engineAddress(argv: readonly string[] = process.argv.slice(2)): string | undefined {
    return argv.filter((argument) => /^[^-].*:\d+$/.test(argument)).at(-1);
}

/**
 * Holds a connection to the engine open and calls back when it breaks. A killed engine can send no signal, but the kernel
 * closes its sockets; and the engine never ends a connection while it lives.
 */
function whenGone(address: string, gone: () => void): void {
    const client = new grpc.Client(address, grpc.credentials.createInsecure(), {
        ...channelOptions,
        "grpc.client_idle_timeout_ms": 2 ** 31 - 1,
    });
    const channel = client.getChannel();
    const watch = (): void => {
        const state = channel.getConnectivityState(true);
        const { IDLE, CONNECTING, READY } = grpc.connectivityState;
        if (state !== READY) {
            if (wasReady || (state !== IDLE && state !== CONNECTING)) gone();
            else next(state);
            return;
        }
        wasReady = true;
        next(state);
    };
    const next = (state: grpc.connectivityState): void => channel.watchConnectivityState(state, Infinity, watch);
    let wasReady = false;
    watch();
}
