import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** A tree of cgroups: one for each controller in version 1, one for all in version 2. */
interface Hierarchy {
    dir: string;
    version: 1 | 2;
}

/** The controllers that Kubernetes needs where version 2 makes them optional. */
const controllers = ["cpu", "cpuset", "io", "memory", "pids"];

/** Below a cluster's cgroup: its own processes. The kubelet puts pods beside it, in `kubepods`. */
const own = "system";

/**
 * Makes a cluster's cgroup in every tree.
 *
 * A cluster must not run where the shell stands that started it: it would share that shell's limits and end with it.
 */
export function createCgroup(name: string): void {
    for (const { dir, version } of hierarchies()) {
        if (version === 2) delegate(dir);
        for (const cgroup of [name, path.join(name, own)]) {
            fs.mkdirSync(path.join(dir, cgroup), { recursive: true });
            if (path.basename(dir) === "cpuset") inheritCpuset(path.join(dir, cgroup));
        }
        if (version === 2) delegate(path.join(dir, name));
    }
}

/** Moves processes into a cluster's cgroup; what they start afterwards begins there. Those that have ended are passed over. */
export function joinCgroup(name: string, pids: number[]): void {
    for (const { dir } of hierarchies()) {
        for (const pid of pids) {
            try {
                fs.writeFileSync(path.join(dir, name, own, "cgroup.procs"), String(pid));
            } catch (error) {
                if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
            }
        }
    }
}

/**
 * Removes a cluster's cgroup, and all below it, from every tree.
 *
 * @param timeoutMs milliseconds to wait for the last processes in it: the kernel takes a moment to end them
 */
export async function removeCgroup(name: string, timeoutMs = 10_000): Promise<void> {
    const deadline = Date.now() + timeoutMs;
    for (const dir of cgroupDirs(name)) {
        while (!removeTree(dir)) {
            if (Date.now() > deadline) throw new Error(`${dir} still holds processes: ${pidsBelow(dir).join(" ")}`);
            await sleep(50);
        }
    }
}

/** The folders of a cgroup that exist. */
export function cgroupDirs(name: string): string[] {
    return hierarchies()
        .map(({ dir }) => path.join(dir, name))
        .filter((dir) => fs.existsSync(dir));
}

/** The trees that manage anything. Where both versions are mounted, version 2 has no controllers and is left alone. */
function hierarchies(): Hierarchy[] {
    const mounts = fs
        .readFileSync("/proc/self/mounts", "utf8")
        .split("\n")
        .map((line) => line.split(" "));
    const of = (type: string, version: 1 | 2): Hierarchy[] =>
        mounts.filter((mount) => mount[2] === type).map((mount) => ({ dir: mount[1] ?? "", version }));
    const found = of("cgroup", 1).length > 0 ? of("cgroup", 1) : of("cgroup2", 2).slice(0, 1);
    if (found.length > 0) return found;
    throw new Error("No cgroups are mounted under /sys/fs/cgroup, and pods can't run without them.");
}

/** Lets the cgroups directly below use the controllers. */
function delegate(dir: string): void {
    const there = fs.readFileSync(path.join(dir, "cgroup.controllers"), "utf8").split(/\s+/);
    const wanted = controllers.filter((controller) => there.includes(controller)).map((controller) => `+${controller}`);
    fs.writeFileSync(path.join(dir, "cgroup.subtree_control"), wanted.join(" "));
}

/** A new cpuset of version 1 has no processors, and takes no process until it has. */
function inheritCpuset(dir: string): void {
    for (const file of ["cpuset.cpus", "cpuset.mems"]) {
        fs.writeFileSync(path.join(dir, file), fs.readFileSync(path.join(dir, "..", file), "utf8").trim());
    }
}

/** The files in a cgroup can't be deleted and go with their folder. @returns whether it is gone */
function removeTree(dir: string): boolean {
    const children = fs.readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    if (!children.map((child) => removeTree(path.join(dir, child.name))).every(Boolean)) return false;
    try {
        fs.rmdirSync(dir);
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
        throw error;
    }
}

function pidsBelow(dir: string): string[] {
    const files = fs.readdirSync(dir, { recursive: true }).map(String);
    return files
        .filter((file) => path.basename(file) === "cgroup.procs")
        .flatMap((file) => fs.readFileSync(path.join(dir, file), "utf8").split("\n").filter(Boolean));
}
