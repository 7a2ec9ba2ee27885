import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as after } from "node:timers/promises";
import { cgroupDirs } from "../../cluster/embedded/cgroups";
import { cgroupOf } from "../../cluster/embedded/layout";
import { until } from "../../cluster/embedded/probes";

/** Bytes that a process under pressure may take beyond what it has. */
const spare = 4 * 1024 ** 2;

/**
 * Lets processes of a cluster take hardly any more memory for some seconds, in a control group of their own below the cluster's.
 * The kernel ends the one that wants more; what is started in its place is free.
 */
export async function pressed(cluster: string, pids: readonly number[], seconds: number): Promise<void> {
    const parent = cgroupDirs(cgroupOf(cluster)).find((dir) => limitIn(dir) !== undefined);
    if (parent === undefined) throw new Error("No control group of the cluster counts memory.");
    const group = path.join(parent, "pressed");
    fs.mkdirSync(group, { recursive: true });
    const limit = path.join(group, limitIn(group) ?? "memory.max");
    fs.writeFileSync(limit, String(spare));
    const home = new Map(pids.map((pid) => [pid, cgroupAt(parent, pid)]));
    try {
        for (const pid of pids) move(pid, group);
        await after(seconds * 1000);
    } finally {
        for (const [pid, dir] of home) if (dir !== undefined) move(pid, dir);
        await until(() => fs.promises.rmdir(group), 30_000);
    }
}

/** The file with the limit: of version 2 or of version 1. */
function limitIn(dir: string): string | undefined {
    return ["memory.max", "memory.limit_in_bytes"].find((file) => fs.existsSync(path.join(dir, file)));
}

/** The folder below a cluster's that holds a process. */
function cgroupAt(parent: string, pid: number): string | undefined {
    const folders = fs
        .readdirSync(parent, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isDirectory());
    return folders
        .map((entry) => path.join(entry.parentPath, entry.name))
        .find((dir) => fs.readFileSync(path.join(dir, "cgroup.procs"), "utf8").split("\n").includes(String(pid)));
}

/** One that has ended is passed over. */
function move(pid: number, dir: string): void {
    try {
        fs.writeFileSync(path.join(dir, "cgroup.procs"), String(pid));
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
    }
}
