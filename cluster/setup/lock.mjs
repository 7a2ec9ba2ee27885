// @ts-check
/**
 * One at a time. Plain JavaScript without dependencies: the bootstrap takes a lock before anything is installed.
 *
 * A lock is a symbolic link that leads nowhere; its text is the identity of the process that holds it. A link is made in
 * one step, so nobody ever reads half a lock, and needs no room on the disk, so a cluster can be stopped on a full one. Nor
 * does it age: a holder that sleeps for a night (a laptop that was closed) still holds it, which locks with a time limit
 * such as proper-lockfile's get wrong.
 */
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { identityOf, livePid } from "./identity.mjs";

/** Milliseconds between two looks at a lock that is taken. */
const lookEvery = 500;
/** A lock that is removed so often, and still is no process's, is not removed once more. */
const maxRemovals = 20;

/**
 * Runs `work` while no other process holds the lock `file`. The lock of a process that has ended is taken over, and so is
 * one that names none, such as a file that a full disk or a crash has left empty.
 *
 * @template T
 * @param {string} file
 * @param {string} what what its holder is doing, for messages: "which sets up"
 * @param {() => Promise<T>} work
 * @param {(text: string) => void} say is told once for whom it waits, and of every lock that it removes because it names nobody
 * @returns {Promise<T>}
 * @throws when the lock can neither be made nor removed; the message names the file and the fix
 */
export async function withLock(file, what, work, say) {
    const mine = identityOf(process.pid) ?? "";
    for (let told = false, removals = 0; !take(file, mine);) {
        const holder = holderOf(file);
        const pid = livePid(holder);
        if (pid !== undefined) {
            if (!told) say(`Waiting for process ${pid}, ${what}.`);
            told = true;
        } else if (holder !== undefined) {
            if (++removals > maxRemovals) throw cant("removed", file, new Error("it is there again each time"));
            if (!holder.includes("/")) say(`The lock ${file} names no process (a full disk or a crash?): removed.`);
            takeAway(file, holder);
        }
        // Also after a removal: whatever goes wrong here again and again must not keep a processor busy.
        await pause(pid === undefined ? 20 : lookEvery);
    }
    try {
        return await work();
    } finally {
        if (holderOf(file) === mine) fs.rmSync(file, { force: true });
    }
}

/** The process that holds a lock now. @param {string} file @returns {number | undefined} */
export function lockedBy(file) {
    return livePid(holderOf(file));
}

/** @param {string} file @param {string} mine @returns {boolean} false when it is taken */
function take(file, mine) {
    try {
        if (!fs.existsSync(path.dirname(file))) fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.symlinkSync(mine, file);
        return true;
    } catch (error) {
        if (codeOf(error) === "EEXIST") return false;
        throw cant("made", file, error);
    }
}

/** What a lock says of its holder; undefined when there is no lock any more. @param {string} file @returns {string | undefined} */
function holderOf(file) {
    try {
        return fs.readlinkSync(file);
    } catch (error) {
        return codeOf(error) === "EINVAL" ? holderInFile(file) : undefined;
    }
}

/**
 * Locks were files with `{pid, started}` before, and a process of that time may still hold one.
 *
 * @param {string} file @returns {string | undefined} the holder's identity if it lives, else text that is nobody's
 */
function holderInFile(file) {
    try {
        const text = fs.readFileSync(file, "utf8");
        /** @type {unknown} */
        const holder = JSON.parse(text);
        const { pid, started } = /** @type {{pid: number, started: string}} */ (holder);
        if (typeof pid !== "number") return "";
        const identity = identityOf(pid);
        return identity?.endsWith(`/${started}`) ? identity : `${pid}/${started}`;
    } catch (error) {
        return codeOf(error) === "ENOENT" ? undefined : "";
    }
}

/**
 * Another process may have taken the dead one's lock over in the meantime: what is moved away is looked at again.
 *
 * @param {string} file @param {string} dead
 */
function takeAway(file, dead) {
    const aside = `${file}.dead.${process.pid}`;
    try {
        fs.renameSync(file, aside);
        // Without this, `aside` would lie in the way when it is a folder.
        if (holderOf(aside) !== dead) fs.linkSync(aside, file);
        fs.rmSync(aside, { recursive: true, force: true });
    } catch (error) {
        if (codeOf(error) !== "ENOENT" && codeOf(error) !== "EEXIST") throw cant("removed", file, error);
    }
}

/** @param {string} verb @param {string} file @param {unknown} error */
function cant(verb, file, error) {
    const fix =
        codeOf(error) === "ENOSPC"
            ? "make room (df -h and df -i show where)"
            : `see that ${path.dirname(file)} can be written to, and that no upshift is at work; then rm -rf ${file}`;
    const { message } = /** @type {Error} */ (error);
    return new Error(`The lock ${file} can't be ${verb}: ${message}.\n  fix: ${fix}`, { cause: error });
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;
