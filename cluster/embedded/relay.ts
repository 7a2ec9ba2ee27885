import * as net from "node:net";
import { network } from "./layout";

/**
 * Leads what comes in by a listener to a port of the node.
 *
 * A socket stays in the network it was made in: the listener is the host's, the connection out of this process is the
 * cluster's. So no route joins the two.
 */
export function relay(listener: net.Server, port: number, host: string = network.node): void {
    listener.on("connection", (outer) => {
        const inner = net.connect({ host, port, allowHalfOpen: true, noDelay: true });
        outer.setNoDelay(true);
        outer.allowHalfOpen = true;
        outer.pipe(inner).pipe(outer);
        outer.on("error", () => inner.destroy());
        inner.on("error", () => outer.destroy());
    });
}
