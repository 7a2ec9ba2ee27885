import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";

const retryAfter = 500;

/** Who holds a lock: a process id alone would be taken for alive when the system gives it to another process. */
interface Holder {
    pid: number;
    started: string;
}

/**
 * Runs `work` while no other process holds the lock `file`. A lock whose process has died is taken over.
 *
 * @param onWait called once, with the holder's process id, when the lock is taken.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait: (pid: number) => void): Promise<T> {
    fs.mkdirSync(path.dirname(file), { recursive: true });
    for (let told = false; !take(file);) {
        const holder = holderOf(file);
        if (holder && isAlive(holder)) {
            if (!told) onWait(holder.pid);
            told = true;
            await pause(retryAfter);
        } else if (holder) {
            takeAway(file, holder);
        }
    }
    try {
        return await work();
    } finally {
        fs.rmSync(file, { force: true });
    }
}

/** A link appears whole or not at all, so nobody ever reads half a lock. */
function take(file: string): boolean {
    const draft = `${file}.${process.pid}`;
    fs.writeFileSync(draft, JSON.stringify({ pid: process.pid, started: startOf(process.pid) } satisfies Holder));
    try {
        fs.linkSync(draft, file);
        return true;
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
        throw error;
    } finally {
        fs.rmSync(draft);
    }
}

function holderOf(file: string): Holder | undefined {
    try {
        return JSON.parse(fs.readFileSync(file, "utf8")) as Holder;
    } catch {
        return undefined;
    }
}

function isAlive(holder: Holder): boolean {
    return startOf(holder.pid) === holder.started && holder.started !== "";
}

/** Another process may have taken the dead one's lock over in the meantime: what is moved away is looked at again. */
function takeAway(file: string, dead: Holder): void {
    const aside = `${file}.dead.${process.pid}`;
    try {
        fs.renameSync(file, aside);
    } catch {
        return;
    }
    const moved = holderOf(aside);
    if (moved && (moved.pid !== dead.pid || moved.started !== dead.started)) fs.linkSync(aside, file);
    fs.rmSync(aside);
}

/** When a process started, in a form that only serves to compare; empty when there is no such process. */
function startOf(pid: number): string {
    try {
        const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
        // The second field is the program's name in parentheses and may hold blanks; the start is field 22.
        return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    } catch {
        return process.platform === "linux" ? "" : startElsewhere(pid);
    }
}

/** Where there is no /proc, being there is all that can be known. */
function startElsewhere(pid: number): string {
    try {
        process.kill(pid, 0);
        return "alive";
    } catch {
        return "";
    }
}
