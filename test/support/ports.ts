import { once } from "node:events";
import * as net from "node:net";

/**
 * A port of 127.0.0.1 on which nobody listens, for a program that is told its port. Of those below the range from which the kernel
 * takes the ports of outgoing connections: one of that range may be taken by the time the program listens.
 */
export async function freePort(): Promise<number> {
    for (let tries = 0; tries < 100; tries++) {
        const port = 10_000 + Math.floor(Math.random() * 20_000);
        const server = net.createServer();
        try {
            server.listen(port, "127.0.0.1");
            await once(server, "listening");
            return port;
        } catch {
            // Taken: the next one.
        } finally {
            server.close();
        }
    }
    throw new Error("There was no free port of 127.0.0.1 in 100 tries.");
}
