import * as net from "node:net";
import { joinCgroup } from "./cgroups";
import { Cluster } from "./lifecycle";
import { cgroupOf, targets, type HostPorts } from "./layout";
import type { Order } from "./order";
import { relay } from "./relay";

/**
 * The program that runs a cluster from inside its namespaces, until it is told to end (SIGTERM). When it dies in any other way,
 * the kernel ends all that is in the namespaces with it.
 *
 *     unshare … tini -- node supervisor.cjs     over the IPC channel: three listeners, then an Order
 */
const listeners = new Map<keyof HostPorts, net.Server>();

process.on("message", (message: { listener: keyof HostPorts } | { order: Order }, handle) => {
    if ("listener" in message) {
        listeners.set(message.listener, handle as net.Server);
        return;
    }
    process.removeListener("disconnect", abandoned);
    process.disconnect();
    run(message.order);
});

/** Whoever started this has died before saying what to do. */
function abandoned(): never {
    process.exit(1);
}
process.on("disconnect", abandoned);

// Its own log may lie on a full disk: to lose a line is better than to end.
for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);

function run(order: Order): void {
    // Process 1 is tini; `unshare` itself has been moved by the one who started it.
    joinCgroup(cgroupOf(order.name), [1, process.pid]);
    const cluster = new Cluster(order);
    for (const [role, listener] of listeners) relay(listener, targets[role]);
    const end = (): void => void cluster.stop().finally(() => process.exit());
    process.on("SIGTERM", end);
    process.on("SIGINT", end);
    cluster.start().catch((error: Error) => cluster.fail(error.message));
}
