import { spawn, type ChildProcess } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { once } from "node:events";
import type { Server } from "node:net";
import * as os from "node:os";
import { stateDir } from "../paths";
import { toolPath } from "../tools/tools";
import { createCgroup, joinCgroup } from "./cgroups";
import { identityOf } from "./identity";
import { cgroupOf, clusterDir, type HostPorts } from "./layout";
import { logEnd, openLog } from "./logs";
import type { Order } from "./order";
import { portOf, type Listeners } from "./ports";
import { UserError } from "../../components/userError";

/** The supervisor's program, a bundle that set-up makes. */
const program = (): string => stateDir("dist", "supervisor.cjs");

/** Digest of the supervisor's program, to tell whether a cluster that runs is of another version. */
export function supervisorVersion(): string {
    if (!fs.existsSync(program()))
        throw new UserError({ what: `${program()} is not there yet.`, fix: "npx upshift setup" });
    return crypto.createHash("sha256").update(fs.readFileSync(program())).digest("hex").slice(0, 12);
}

/**
 * Starts a supervisor in namespaces of its own, and hands it the listeners and its order.
 *
 * It has a session of its own and outlives this process. Process 1 of its namespace is tini, which takes in orphans; when the
 * supervisor ends, so does tini, and with it, by the kernel, all else.
 *
 * @returns what the supervisor was told
 */
export async function launch(listeners: Listeners, rest: Omit<Order, "process" | "ports">): Promise<Order> {
    try {
        return await launched(listeners, rest);
    } finally {
        // As long as one is open, this process does not end, whatever went wrong.
        Object.values(listeners).forEach((server) => server.close());
    }
}

async function launched(listeners: Listeners, rest: Omit<Order, "process" | "ports">): Promise<Order> {
    const cgroup = cgroupOf(rest.name);
    createCgroup(cgroup);
    fs.mkdirSync(clusterDir(rest.name, "logs"), { recursive: true });
    const logFile = clusterDir(rest.name, "logs", "supervisor.log");
    const log = openLog(logFile);
    const child = spawn(
        "unshare",
        [
            ..."--net --mount --pid --fork --kill-child --mount-proc --propagation private".split(" "),
            toolPath("tini"),
            "--",
            process.execPath,
            program(),
            rest.name,
        ],
        { detached: true, stdio: ["ignore", log, log, "ipc"], env: environment() },
    );
    fs.closeSync(log);
    try {
        await once(child, "spawn");
        const pid = child.pid as number;
        joinCgroup(cgroup, [pid]);
        const ports = Object.fromEntries(Object.entries(listeners).map(([role, server]) => [role, portOf(server)]));
        const order: Order = { ...rest, process: identityOf(pid) ?? "", ports: ports as unknown as HostPorts };
        const ended = once(child, "exit").then(() => {
            throw new Error(`The namespaces of the cluster ${rest.name} can't be made:\n${logEnd(logFile)}`);
        });
        await Promise.race([handOver(child, listeners, order).catch(() => ended), ended]);
        return order;
    } finally {
        // A supervisor that was told nothing ends by this.
        if (child.connected) child.disconnect();
        child.unref();
    }
}

/**
 * The parts look for mount, ip, iptables and the shim of containerd on PATH. Nothing else of this process's environment is
 * theirs: a proxy's address would lead them astray.
 */
function environment(): NodeJS.ProcessEnv {
    const folders = [process.env.PATH, "/usr/local/sbin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
    return { PATH: folders.filter(Boolean).join(":"), HOME: os.homedir() };
}

/** A listener that was not taken is never reported: the caller must see for himself whether the child lives. */
async function handOver(child: ChildProcess, listeners: Listeners, order: Order): Promise<void> {
    const send = (message: object, handle?: Server): Promise<void> =>
        new Promise((resolve, reject) => child.send(message, handle, (error) => (error ? reject(error) : resolve())));
    for (const [listener, server] of Object.entries(listeners)) await send({ listener }, server);
    await send({ order });
}
