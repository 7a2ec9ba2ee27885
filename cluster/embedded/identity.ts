import * as fs from "node:fs";
import * as path from "node:path";

export { identityOf, livePid, type ProcessIdentity } from "../setup/identity.mjs";

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

/** A text file's content; undefined when it is gone, or not for us to read. */
export function readIfThere(file: string): string | undefined {
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
