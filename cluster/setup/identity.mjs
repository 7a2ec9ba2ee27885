// @ts-check
/**
 * Which process is meant, also when its number has been given to another. Plain JavaScript without dependencies: the
 * bootstrap asks before anything is installed.
 */
import * as fs from "node:fs";

/**
 * Names one process for ever, as a process number alone can't: numbers are used again, and after a restart of the machine
 * the first ones soon are. Boot, number, and the process's start in clock ticks after boot.
 *
 * @typedef {string} ProcessIdentity
 */

/** @param {number} pid @returns {ProcessIdentity | undefined} undefined when there is none of that number, or only a zombie */
export function identityOf(pid) {
    if (process.platform !== "linux") return isThere(pid) ? `elsewhere/${pid}/0` : undefined;
    const stat = readIfThere(`/proc/${pid}/stat`);
    if (stat === undefined) return undefined;
    // The program's name, in brackets, may itself hold blanks and brackets.
    const [state, ...fields] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" || state === "X") return undefined;
    return `${fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim()}/${pid}/${fields[18]}`;
}

/** @param {ProcessIdentity | undefined} identity @returns {number | undefined} the number of the process if it still runs */
export function livePid(identity) {
    const pid = Number(identity?.split("/")[1]);
    return pid > 0 && identityOf(pid) === identity ? pid : undefined;
}

/** Where there is no /proc, being there is all that can be known. @param {number} pid */
function isThere(pid) {
    try {
        return process.kill(pid, 0);
    } catch (error) {
        // Another user's process is there too.
        return /** @type {NodeJS.ErrnoException} */ (error).code === "EPERM";
    }
}

/** @param {string} file */
function readIfThere(file) {
    try {
        return fs.readFileSync(file, "utf8");
    } catch {
        return undefined;
    }
}
