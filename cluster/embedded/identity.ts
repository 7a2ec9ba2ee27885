import * as fs from "node:fs";
import * as path from "node:path";

/**
 * Names one process for ever, as a process number alone can't: numbers are used again, and after a restart of the machine
 * the first ones soon are. Boot, number, and the process's start in clock ticks after boot.
 */
export type ProcessIdentity = string;

/** @returns the identity of a process, or undefined when there is none of that number, or only a zombie. */
export function identityOf(pid: number): ProcessIdentity | undefined {
    const stat = readIfThere(`/proc/${pid}/stat`);
    if (stat === undefined) return undefined;
    // The program's name, in brackets, may itself hold blanks and brackets.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    return `${fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${pid}/${fields[18]}`;
}

/** @returns the number of the process if it still runs. */
export function livePid(identity: ProcessIdentity | undefined): number | undefined {
    const pid = Number(identity?.split("/")[1]);
    return pid > 0 && identityOf(pid) === identity ? pid : undefined;
}

/** The process namespace that the children of `unshare` live in. @returns undefined when it has ended. */
export function childNamespace(unsharePid: number): string | undefined {
    return linkIfThere(`/proc/${unsharePid}/ns/pid_for_children`);
}

/** The processes directly in a process namespace (not those in containers): their number inside → their number on the host. */
export function hostPids(namespace: string): Map<number, number> {
    const pids = new Map<number, number>();
    for (const pid of fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
        if (linkIfThere(path.join("/proc", pid, "ns/pid")) !== namespace) continue;
        const inside = /^NSpid:.*\s(\d+)$/m.exec(readIfThere(`/proc/${pid}/status`) ?? "")?.[1];
        if (inside !== undefined) pids.set(Number(inside), Number(pid));
    }
    return pids;
}

function readIfThere(file: string): string | undefined {
    try {
        return fs.readFileSync(file, "utf8");
    } catch {
        return undefined;
    }
}

/** Where a symbolic link leads; undefined when it is gone, or not for us to read. */
export function linkIfThere(file: string): string | undefined {
    try {
        return fs.readlinkSync(file);
    } catch {
        return undefined;
    }
}
