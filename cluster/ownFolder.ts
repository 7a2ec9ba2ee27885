import * as fs from "node:fs";
import * as path from "node:path";
import { checkName } from "./clusterName";
import { stateDir } from "./paths";
import { writeWhole } from "./wholeFile.mjs";
import { UserError } from "../components/userError";

/** In every folder that upshift may remove again; a folder without it is another's. */
const markFile = ".made-by-upshift";
/** What folders carry that were made before there was a mark. Nobody else writes them. */
const earlierMarks = ["cluster.json", "record.json"];

/** Makes the folder of a cluster, if it is not there, and marks it as ours. @returns its path */
export function makeOwnFolder(below: readonly string[], name: string): string {
    checkName(name);
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
 * is no link to somewhere else, carries our mark, and has no other file system mounted in it.
 *
 * @returns whether it was there
 * @throws when it is not ours to remove; nothing is removed then
 */
export function removeOwnFolder(below: readonly string[], name: string): boolean {
    checkName(name);
    const folder = stateDir(...below, name);
    if (!fs.lstatSync(folder, { throwIfNoEntry: false })) return false;
    const why = whyNotOurs(folder, stateDir(...below));
    if (why)
        throw new UserError({
            what: `${folder} was not removed: ${why}.`,
            fix: "look into it, and remove it by hand if it is yours",
        });
    fs.rmSync(folder, { recursive: true });
    return true;
}

function whyNotOurs(folder: string, parent: string): string | undefined {
    if (!fs.lstatSync(folder).isDirectory()) return "it is not a folder";
    if (fs.realpathSync(folder) !== path.join(fs.realpathSync(parent), path.basename(folder)))
        return "it lies elsewhere than its name says";
    if (![markFile, ...earlierMarks].some((file) => fs.existsSync(path.join(folder, file))))
        return "it does not carry upshift's mark";
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
