import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { checkName } from "./clusterName";
import { stateDir } from "./paths";
import { writeWhole } from "./wholeFile.mjs";
import { UserError } from "../components/userError";

/** In every folder that upshift may remove again; a folder without it is another's. */
const markFile = ".made-by-upshift";
/** What shows that a folder is ours: those that were made before there was a mark carry the others, which nobody else writes. */
const marks = [markFile, "cluster.json", "record.json"];
/** What a folder is called while it is removed: no cluster can have such a name, and in it stands whose folder it was. */
const removalOf = /^\.removing-([a-z0-9-]+)-[0-9a-f]{6}$/;

/** Makes the folder of a cluster, if it is not there, and marks it as ours. @returns its path */
export function makeOwnFolder(below: readonly string[], name: string): string {
    checkName(name);
    finishRemovals(below);
    const folder = stateDir(...below, name);
    // The database beside a cluster runs as another user, who must pass through, and may read nothing here.
    fs.mkdirSync(folder, { recursive: true, mode: 0o711 });
    const mark = path.join(folder, markFile);
    if (!fs.existsSync(mark)) writeWhole(mark, "upshift made this folder, and removes it: cluster down --delete\n");
    return folder;
}

/**
 * Removes the folder of a cluster, with all that is in it.
 *
 * A removal can't be taken back, so it goes ahead only for what is beyond doubt: a folder that lies directly in our own,
 * is no link to somewhere else, carries our mark, and has no other file system mounted in it. It takes a while for gigabytes,
 * so the folder loses its name first, in one step: whoever is killed meanwhile leaves no half of a cluster under it.
 *
 * @returns whether it was there, or a removal that was cut off had left some of it
 * @throws when it is not ours to remove; nothing is removed then
 */
export function removeOwnFolder(below: readonly string[], name: string): boolean {
    checkName(name);
    const folder = stateDir(...below, name);
    const isThere = fs.lstatSync(folder, { throwIfNoEntry: false }) !== undefined;
    if (isThere) {
        const why = whyNotOurs(folder, stateDir(...below));
        if (why)
            throw new UserError({
                what: `${folder} was not removed: ${why}.`,
                fix: "look into it, and remove it by hand if it is yours",
            });
        beginRemoval(folder, stateDir(...below, `.removing-${name}-${crypto.randomBytes(3).toString("hex")}`));
    }
    return finishRemovals(below).includes(name) || isThere;
}

function beginRemoval(folder: string, aside: string): void {
    try {
        fs.renameSync(folder, aside);
    } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
        // An overlay, such as a container's, renames no folder of the image below it. There the marks go last: what is left of a
        // removal that is cut off is still known as ours.
        const rest = fs.readdirSync(folder).filter((entry) => !marks.includes(entry));
        for (const entry of rest) fs.rmSync(path.join(folder, entry), { recursive: true });
        fs.rmSync(folder, { recursive: true });
    }
}

/** Removes what removals have left that were cut off. @returns the names of the clusters whose folders they were */
export function finishRemovals(below: readonly string[]): string[] {
    return removalsBegun(below).map(({ name, folder }) => {
        // Whoever began it may be at it still: what is gone already is no error.
        fs.rmSync(folder, { recursive: true, force: true });
        return name;
    });
}

/** The folders that are being removed, or were when that was cut off. Their mark may be gone by now: their name shows whose they are. */
export function removalsBegun(below: readonly string[]): { name: string; folder: string }[] {
    const parent = stateDir(...below);
    if (!fs.existsSync(parent)) return [];
    return fs.readdirSync(parent).flatMap((entry) => {
        const name = removalOf.exec(entry)?.[1];
        const folder = path.join(parent, entry);
        return name === undefined || whyNotSafe(folder, parent) ? [] : [{ name, folder }];
    });
}

function whyNotOurs(folder: string, parent: string): string | undefined {
    const isMarked = marks.some((file) => fs.existsSync(path.join(folder, file)));
    return whyNotSafe(folder, parent) ?? (isMarked ? undefined : "it does not carry upshift's mark");
}

/** Why a removal could reach what lies elsewhere; undefined where it can't. */
function whyNotSafe(folder: string, parent: string): string | undefined {
    if (!fs.lstatSync(folder, { throwIfNoEntry: false })?.isDirectory()) return "it is not a folder";
    if (fs.realpathSync(folder) !== path.join(fs.realpathSync(parent), path.basename(folder)))
        return "it lies elsewhere than its name says";
    const [mounted] = mountsBelow(fs.realpathSync(folder));
    return mounted && `${mounted} is mounted in it`;
}

/** Where file systems are mounted in a folder; where there is no /proc, nothing can be said of it. */
function mountsBelow(folder: string): string[] {
    const table = "/proc/self/mountinfo";
    if (!fs.existsSync(table)) return [];
    // The fifth field is the place, with blanks written in octal.
    const places = fs
        .readFileSync(table, "utf8")
        .split("\n")
        .map((line) => line.split(" ")[4] ?? "");
    return places
        .map((place) => place.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(parseInt(octal, 8))))
        .filter((place) => place === folder || place.startsWith(folder + path.sep));
}
