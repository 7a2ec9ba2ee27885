// @ts-check
/** The machine that set-up runs on, reduced to what the requirements ask of it. */
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";

/**
 * What the checks ask the machine; tests put another in its place.
 *
 * @typedef {object} Machine
 * @property {string} platform
 * @property {string} arch
 * @property {boolean} isRoot
 * @property {string} node version without v
 * @property {(command: string, ...args: string[]) => string | undefined} ask standard output, or undefined when it fails
 * @property {(file: string) => boolean} isWritable
 * @property {(file: string) => boolean} exists
 * @property {(name: string) => boolean} isOnPath
 * @property {() => boolean} canOverlay whether an overlay file system can be mounted in the cache's folder
 * @property {() => number} freeBytes on the disk of the cache
 * @property {() => string[]} built names of the tools' folders in the cache
 */

/** The machine this runs on. @returns {Machine} */
export function thisMachine() {
    const cache = path.join(process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"), "upshift");
    return {
        platform: process.platform,
        arch: process.arch,
        isRoot: process.getuid?.() === 0,
        node: process.versions.node,
        ask,
        isWritable: (file) => can(file, fs.constants.W_OK),
        exists: fs.existsSync,
        isOnPath,
        canOverlay: () => canOverlay(cache),
        freeBytes: () => freeBytes(cache),
        built: () => (fs.existsSync(path.join(cache, "tools")) ? fs.readdirSync(path.join(cache, "tools")) : []),
    };
}

/** @param {string} command @param {string[]} args @returns {string | undefined} */
function ask(command, ...args) {
    // Go may not fetch another Go than the one that is installed.
    const env = { ...process.env, GOTOOLCHAIN: "local", PATH: searchPath() };
    const { status, stdout } = spawnSync(command, args, { encoding: "utf8", timeout: 20_000, env });
    return status === 0 ? stdout : undefined;
}

/** PATH with the folders of programs for root, which a user's PATH often lacks. */
const searchPath = () => `${process.env.PATH ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;

/** @param {string} name */
const isOnPath = (name) =>
    searchPath()
        .split(":")
        .some((folder) => can(path.join(folder, name), fs.constants.X_OK));

/** @param {string} file @param {number} mode */
function can(file, mode) {
    try {
        fs.accessSync(file, mode);
        return true;
    } catch {
        return false;
    }
}

/** Tries it in the cache's folder, since overlay works on some file systems only. @param {string} cache */
function canOverlay(cache) {
    fs.mkdirSync(cache, { recursive: true });
    const trial = fs.mkdtempSync(path.join(cache, "overlay-"));
    try {
        const [lower, upper, work, merged] = ["lower", "upper", "work", "merged"].map((name) => path.join(trial, name));
        for (const folder of [lower, upper, work, merged]) fs.mkdirSync(/** @type {string} */ (folder));
        const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
        return (
            ask("unshare", "--mount", "mount", "-t", "overlay", "overlay", "-o", options, String(merged)) !== undefined
        );
    } finally {
        fs.rmSync(trial, { recursive: true, force: true });
    }
}

/** @param {string} folder which may not be there yet @returns {number} */
function freeBytes(folder) {
    const parent = path.dirname(folder);
    if (!fs.existsSync(folder) && parent !== folder) return freeBytes(parent);
    const { bavail, bsize } = fs.statfsSync(folder);
    return bavail * bsize;
}
