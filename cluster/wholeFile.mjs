// @ts-check
/**
 * How every file is written that is read again later. Plain JavaScript without dependencies: the bundles, which are made
 * before anything could run TypeScript, are such files too.
 */
import * as fs from "node:fs";
import * as path from "node:path";

/** Who may read a file and the folders made for it: the `owner` alone, or `all`. */
const modes = { owner: { file: 0o600, folder: 0o700 }, all: { file: 0o644, folder: 0o755 } };

/**
 * Writes a file whole or not at all: a reader sees the old contents or the new ones, also after a crash of the machine or
 * on a full disk. Folders on the way to it are made.
 *
 * @param {string} file
 * @param {string | Buffer} contents
 * @param {{ readableBy?: "owner" | "all", owner?: number, group?: number, mode?: number }} [options] `readableBy`: default `owner`,
 *     for keys, passwords and kubeconfigs; `owner`: number of the user that the file shall belong to, default whoever writes; `group`:
 *     number of its group, default the owner's own; `mode`: what exactly the file shall allow, in the place of `readableBy`
 * @throws when it can't be written, by the file's name; what was there before is still there then
 */
export function writeWhole(file, contents, { readableBy = "owner", owner, group = owner, mode } = {}) {
    const draft = `${file}.${process.pid}.new`;
    try {
        fs.mkdirSync(path.dirname(file), { recursive: true, mode: modes[readableBy].folder });
        fs.rmSync(draft, { force: true });
        const descriptor = fs.openSync(draft, "wx", modes[readableBy].file);
        try {
            fs.writeFileSync(descriptor, contents);
            if (owner !== undefined && group !== undefined) fs.fchownSync(descriptor, owner, group);
            if (mode !== undefined) fs.fchmodSync(descriptor, mode);
            fs.fsyncSync(descriptor);
        } finally {
            fs.closeSync(descriptor);
        }
        fs.renameSync(draft, file);
    } catch (error) {
        fs.rmSync(draft, { force: true });
        throw named(file, error);
    }
}

/**
 * Writes a file that is there, whole or not at all; whoever might read and write it still may, and nobody else.
 *
 * @param {string} file
 * @param {string | Buffer} contents
 * @throws as `writeWhole` does, and where it is not there
 */
export function rewriteWhole(file, contents) {
    const { uid, gid, mode } = fs.statSync(file);
    writeWhole(file, contents, { owner: uid, group: gid, mode: mode & 0o777 });
}

/**
 * Has the disk keep a file, or all files of a folder, before they are given their name: without that, a crash soon after
 * leaves a name with nothing in it, and nobody makes again what seems to be there.
 *
 * @param {string} place
 */
export function settle(place) {
    if (fs.lstatSync(place).isSymbolicLink()) return;
    if (fs.statSync(place).isDirectory()) for (const name of fs.readdirSync(place)) settle(path.join(place, name));
    const descriptor = fs.openSync(place, "r");
    try {
        fs.fsyncSync(descriptor);
    } finally {
        fs.closeSync(descriptor);
    }
}

/**
 * Reads a file that holds one JSON object and can be made again.
 *
 * @template T
 * @param {string} file
 * @returns {T | undefined} undefined when it is not there, or what is in it is not whole
 */
export function readJson(file) {
    try {
        /** @type {unknown} */
        const value = JSON.parse(fs.readFileSync(file, "utf8"));
        return typeof value === "object" && value !== null ? /** @type {T} */ (value) : undefined;
    } catch (error) {
        if (error instanceof SyntaxError || codeOf(error) === "ENOENT") return undefined;
        throw error;
    }
}

/**
 * What was kept of earlier runs, which nobody misses: a file that can't be read is one that is not there.
 *
 * @param {string} file
 * @returns {Buffer | undefined}
 */
export function readKept(file) {
    try {
        return fs.readFileSync(file);
    } catch {
        return undefined;
    }
}

/**
 * Keeps something for later runs, readable by its owner alone: where it can't be written, on a full disk or in a folder of somebody else's,
 * the next run takes as long as this one.
 *
 * @param {string} file
 * @param {string | Buffer} contents
 * @returns {boolean} whether it is kept
 */
export function writeKept(file, contents) {
    try {
        writeWhole(file, contents);
        return true;
    } catch {
        return false;
    }
}

/** The same error, with the file's name and, on a full disk, what to do. @param {string} file @param {unknown} error */
function named(file, error) {
    const { message } = /** @type {Error} */ (error);
    const fix = ["ENOSPC", "EDQUOT"].includes(codeOf(error) ?? "") ? "\n  fix: make room (df -h shows where)" : "";
    return Object.assign(new Error(`${file} can't be written: ${message}${fix}`, { cause: error }), {
        code: codeOf(error),
    });
}

/** @param {unknown} error */
const codeOf = (error) => /** @type {NodeJS.ErrnoException} */ (error).code;
