import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import { relay } from "../../cluster/embedded/relay";
import { writeWhole } from "../../cluster/wholeFile.mjs";

/**
 * Counts the bytes between those who go by a kubeconfig and its API server, as they are on the wire, encrypted: while this lasts, the file
 * leads to a port of this process, from which they go on.
 *
 * @param work is given what tells the bytes of both directions since it was last asked.
 */
export async function counted<T>(kubeconfig: string, work: (bytes: () => number) => Promise<T>): Promise<T> {
    const before = fs.readFileSync(kubeconfig, "utf8");
    const [server, port] = /https:\/\/127\.0\.0\.1:(\d+)/.exec(before) ?? [];
    if (server === undefined) throw new Error(`${kubeconfig} does not lead to a port of this machine.`);
    const sockets = new Set<net.Socket>();
    const listener = net.createServer((socket) => sockets.add(socket));
    relay(listener, Number(port), "127.0.0.1");
    await once(listener.listen(0, "127.0.0.1"), "listening");
    const back = (): void => writeWhole(kubeconfig, before);
    // Whatever way this process ends.
    process.once("exit", back);
    const { port: own } = listener.address() as net.AddressInfo;
    writeWhole(kubeconfig, before.replaceAll(server, `https://127.0.0.1:${own}`));
    let told = 0;
    const bytes = (): number => {
        const all = [...sockets].reduce((sum, { bytesRead, bytesWritten }) => sum + bytesRead + bytesWritten, 0);
        const since = all - told;
        told = all;
        return since;
    };
    try {
        return await work(bytes);
    } finally {
        back();
        process.off("exit", back);
        listener.close();
        // With an error, by which the relay ends the other half, too.
        for (const socket of sockets) socket.destroy(new Error("Nobody counts any more."));
    }
}
