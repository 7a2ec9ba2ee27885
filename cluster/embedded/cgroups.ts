import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "../../components/userError";

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
 * What keeps cgroups from being made here; nothing is changed by the question.
 *
 * @returns undefined when they can be made
 */
export function cgroupFinding(found = hierarchies()): string | undefined {
    if (found.length === 0) return "No control groups are mounted, and pods can't run without them.";
    const closed = found.map(({ dir }) => dir).filter((dir) => !isWritable(dir));
    return closed.length === 0 ? undefined : `No control group can be made in ${closed.join(", ")}: it is read-only.`;
}

/** How to have control groups that can be written to. */
export const cgroupFix =
    "in a container give it --privileged --cgroupns=host; else mount -o remount,rw /sys/fs/cgroup (or mount -t cgroup2 none /sys/fs/cgroup)";

/**
 * Makes a cluster's cgroup in every tree.
 *
 * A cluster must not run where the shell stands that started it: it would share that shell's limits and end with it.
 *
 * @throws when the kernel lets none be made
 */
export function createCgroup(name: string): void {
    const finding = cgroupFinding();
    if (finding) throw new UserError({ what: finding, fix: cgroupFix });
    for (const { dir, version } of hierarchies()) {
        try {
            if (version === 2) delegate(dir);
            for (const cgroup of [name, path.join(name, own)]) {
                fs.mkdirSync(path.join(dir, cgroup), { recursive: true });
                if (path.basename(dir) === "cpuset") inheritCpuset(path.join(dir, cgroup));
            }
            if (version === 2) delegate(path.join(dir, name));
        } catch (error) {
            const { message } = error as Error;
            throw new UserError({
                what: `The control group ${path.join(dir, name)} can't be made: ${message}.`,
                fix: cgroupFix,
                cause: error,
            });
        }
    }
}

/** Moves processes into a cluster's cgroup; what they start afterwards begins there. Those that have ended are passed over. */
export function joinCgroup(name: string, pids: number[]): void {
    // An empty one may have been taken for a leftover in the meantime.
    if (hierarchies().some(({ dir }) => !fs.existsSync(path.join(dir, name, own)))) createCgroup(name);
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
            if (Date.now() > deadline) throw stillHeld(dir);
            await sleep(50);
        }
    }
}

function stillHeld(dir: string): UserError {
    const pids = pidsBelow(dir).join(" ");
    return new UserError({
        what: `The control group ${dir} still holds processes: ${pids}.`,
        fix: `see what they are (ps ${pids}), end them, then the same again`,
    });
}

/**
 * Removes, from every tree, the cgroups of clusters in which no process is left: those of clusters that were killed, and
 * whose checkout may be gone.
 *
 * @returns their names
 */
export function removeEmptyCgroups(): string[] {
    const names = new Set(mounted().flatMap(({ dir }) => fs.readdirSync(dir).filter((name) => ofACluster.test(name))));
    return [...names].filter((name) => {
        const dirs = cgroupDirs(name);
        return dirs.every((dir) => pidsBelow(dir).length === 0) && dirs.map(removeTree).every(Boolean);
    });
}

/** As `cgroupOf` names them. */
const ofACluster = /^upshift-[a-z0-9-]+-[0-9a-f]{6}$/;

/** A cluster's own processes, its pods' not. */
export function pidsOf(name: string): number[] {
    return [...new Set(cgroupDirs(path.join(name, own)).flatMap(pidsBelow))].map(Number);
}

/** The folders of a cgroup that exist: also in trees in which we make none, since container runtimes do. */
export function cgroupDirs(name: string): string[] {
    return mounted()
        .map(({ dir }) => path.join(dir, name))
        .filter((dir) => fs.existsSync(dir));
}

/** The trees that manage anything. Where both versions are mounted, version 2 has no controllers and is left alone. */
function hierarchies(): Hierarchy[] {
    const version1 = mounted().filter(({ version }) => version === 1);
    return version1.length > 0 ? version1 : mounted().slice(0, 1);
}

/** All trees that can be reached: one whose place was covered by another mount can't. */
function mounted(): Hierarchy[] {
    return fs
        .readFileSync("/proc/self/mounts", "utf8")
        .split("\n")
        .map((line) => line.split(" "))
        .flatMap(([, dir = "", type]): Hierarchy[] => {
            if (type === "cgroup") return [{ dir, version: 1 }];
            return type === "cgroup2" ? [{ dir, version: 2 }] : [];
        })
        .filter(({ dir }) => fs.existsSync(path.join(dir, "cgroup.procs")));
}

/** The kernel says so also to root, where the tree is mounted read-only. */
function isWritable(dir: string): boolean {
    try {
        fs.accessSync(dir, fs.constants.W_OK);
        return true;
    } catch {
        return false;
    }
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
    if (!childrenOf(dir).map(removeTree).every(Boolean)) return false;
    try {
        fs.rmdirSync(dir);
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
        if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
        throw error;
    }
}

function pidsBelow(dir: string): string[] {
    const own = unlessGone(() => fs.readFileSync(path.join(dir, "cgroup.procs"), "utf8"), "");
    return [...own.split("\n").filter(Boolean), ...childrenOf(dir).flatMap(pidsBelow)];
}

function childrenOf(dir: string): string[] {
    const entries = unlessGone(() => fs.readdirSync(dir, { withFileTypes: true }), []);
    return entries.filter((entry) => entry.isDirectory()).map(({ name }) => path.join(dir, name));
}

/** A cluster that lives, of another checkout too, removes those of its pods that have ended while they are looked at. */
function unlessGone<T>(look: () => T, otherwise: T): T {
    try {
        return look();
    } catch (error) {
        if (["ENOENT", "ENODEV"].includes((error as NodeJS.ErrnoException).code ?? "")) return otherwise;
        throw error;
    }
}
