import { spawn, type ChildProcess } from "node:child_process";
import * as crypto from "node:crypto";
import * as fs from "node:fs";
import { once } from "node:events";
import * as path from "node:path";
import { stateDir } from "../paths";
import { onPath } from "../tools/onPath";
import { toolPath } from "../tools/tools";
import { createCgroup, joinCgroup } from "./cgroups";
import { identityOf } from "./identity";
import { cgroupOf, clusterDir, type HostPorts } from "./layout";
import { openLog } from "./logs";
import type { Order } from "./order";
import { portOf, type Listeners } from "./ports";

/** The supervisor's program, a bundle that set-up makes. */
const program = (): string => stateDir("dist", "supervisor.cjs");

/** Digest of the supervisor's program, to tell whether a cluster that runs is of another version. */
export function supervisorVersion(): string {
    if (!fs.existsSync(program())) throw new Error(`${program()} is not there yet.\n  mend: npx upshift setup`);
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
    const cgroup = cgroupOf(rest.name);
    createCgroup(cgroup);
    fs.mkdirSync(clusterDir(rest.name, "logs"), { recursive: true });
    const log = openLog(clusterDir(rest.name, "logs", "supervisor.log"));
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
    await once(child, "spawn");
    const pid = child.pid as number;
    joinCgroup(cgroup, [pid]);
    const ports = Object.fromEntries(Object.entries(listeners).map(([role, server]) => [role, portOf(server)]));
    const order: Order = { ...rest, process: identityOf(pid) ?? "", ports: ports as unknown as HostPorts };
    for (const [listener, server] of Object.entries(listeners)) await send(child, { listener }, server);
    await send(child, { order });
    if (child.connected) child.disconnect();
    child.unref();
    Object.values(listeners).forEach((server) => server.close());
    return order;
}

/** The parts look for mount, ip, iptables and the shim of containerd on PATH. Nothing else of this process's is theirs. */
function environment(): NodeJS.ProcessEnv {
    const folders = ["ip", "mount", "iptables", "containerd-shim-runc-v2"].map((name) =>
        path.dirname(onPath(name) ?? "/usr/bin"),
    );
    return {
        PATH: [...new Set([...folders, "/usr/local/sbin", "/usr/sbin", "/sbin", "/usr/bin", "/bin"])].join(":"),
        HOME: "/root",
    };
}

function send(child: ChildProcess, message: object, handle?: Listeners[keyof Listeners]): Promise<void> {
    return new Promise((resolve, reject) => {
        child.send(message, handle, (error) => (error ? reject(error) : resolve()));
    });
}
