import { once } from "node:events";
import * as fs from "node:fs";
import * as net from "node:net";
import * as path from "node:path";
import { linkIfThere } from "./identity";
import type { HostPorts } from "./layout";
import type { ChosenPorts } from "../target";

/** Ports for which a listener is open, with what leads to each. */
export type Listeners = Record<keyof HostPorts, net.Server>;

/**
 * Opens the listeners of a cluster on 127.0.0.1.
 *
 * @param asked ports that the user named: one that is taken is an error, which says by whom
 * @param preferred the ports to try first for the others: one that is taken gives the next free one
 */
export async function openListeners(asked: ChosenPorts, preferred: HostPorts): Promise<Listeners> {
    const open: net.Server[] = [];
    const listener = async (role: keyof HostPorts): Promise<net.Server> => {
        const port = asked[role];
        const server = port === undefined ? await nextFree(preferred[role]) : await exactly(port, role);
        open.push(server);
        return server;
    };
    try {
        return { api: await listener("api"), https: await listener("https"), http: await listener("http") };
    } catch (error) {
        open.forEach((server) => server.close());
        throw error;
    }
}

/** The port of an open listener. */
export function portOf(server: net.Server): number {
    return (server.address() as net.AddressInfo).port;
}

/** Whether nobody listens on a port of 127.0.0.1. */
export async function isFree(port: number): Promise<boolean> {
    const server = await listen(port);
    if (server === undefined) return false;
    await new Promise((resolve) => server.close(resolve));
    return true;
}

/** Who listens on a TCP port of this machine, as "nginx (process 4711)". @returns undefined when that can't be seen */
export function holderOf(port: number): string | undefined {
    const inode = inodeOf(port);
    if (inode === undefined) return undefined;
    for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        try {
            const fds = path.join("/proc", pid, "fd");
            if (!fs.readdirSync(fds).some((fd) => linkIfThere(path.join(fds, fd)) === `socket:[${inode}]`)) continue;
            return `${fs.readFileSync(path.join("/proc", pid, "comm"), "utf8").trim()} (process ${pid})`;
        } catch {
            // The process has ended meanwhile, or is another user's.
        }
    }
    return undefined;
}

async function exactly(port: number, role: keyof HostPorts): Promise<net.Server> {
    const server = await listen(port);
    if (server !== undefined) return server;
    throw new Error(
        `Port ${port} of 127.0.0.1 is taken${by(holderOf(port))}.\n` +
            `  fix: end that, name another with --${role}-port, or leave --${role}-port out to get a free one`,
    );
}

async function nextFree(first: number): Promise<net.Server> {
    for (let port = first; port < Math.min(first + 1000, 65536); port++) {
        const server = await listen(port);
        if (server !== undefined) return server;
    }
    throw new Error(`No port of 127.0.0.1 from ${first} to ${first + 999} is free.`);
}

/** @returns undefined when the port is taken. */
async function listen(port: number): Promise<net.Server | undefined> {
    // Until the supervisor has the socket, nobody can serve what comes in by it.
    const server = net.createServer((socket) => socket.destroy());
    try {
        await once(server.listen({ port, host: "127.0.0.1", exclusive: true }), "listening");
        return server;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return undefined;
        throw error;
    }
}

/** The socket that listens on a port, by the kernel's tables: state 0A is "listen". */
function inodeOf(port: number): string | undefined {
    const hex = port.toString(16).toUpperCase().padStart(4, "0");
    for (const table of ["/proc/net/tcp", "/proc/net/tcp6"].filter((file) => fs.existsSync(file))) {
        for (const line of fs.readFileSync(table, "utf8").split("\n").slice(1)) {
            const fields = line.trim().split(/\s+/);
            if (fields[3] === "0A" && fields[1]?.endsWith(`:${hex}`)) return fields[9];
        }
    }
    return undefined;
}

function by(holder: string | undefined): string {
    return holder === undefined ? "" : ` by ${holder}`;
}
