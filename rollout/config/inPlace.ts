import * as fs from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { isScalar, parse, parseDocument } from "yaml";
import { rewriteWhole } from "../../cluster/wholeFile.mjs";
import { type At, soleFile } from "./soleFile";

/**
 * Writes values of a stack's config in the places that they have in its file, and nothing else of it: a step of a release changes two
 * numbers, and Pulumi takes longer to begin than all that.
 *
 * @param values by path: `{"weights.review.v2": 20}`.
 * @returns whether they are written. Nothing is, and Pulumi is to be asked, where one has no place yet, or the file or a value is
 *     not that plain.
 */
export function writeInPlace(at: At, values: Readonly<Record<string, string | number | boolean>>): boolean {
    const file = soleFile(at);
    if (!file || !isOwnPlainFile(file.path)) return false;
    const next = withValues(file.text, file.project.name, values);
    if (next === undefined) return false;
    try {
        rewriteWhole(file.path, next);
        return true;
    } catch (error) {
        // Where it can't be written in another's place, Pulumi writes into it; and where nobody can, Pulumi says so.
        if (notHere.has((error as NodeJS.ErrnoException).code ?? "")) return false;
        throw error;
    }
}

/** A file that is mounted by itself, that lies in a folder of somebody else's, or whose group is none of ours. */
const notHere = new Set(["EBUSY", "EACCES", "EPERM", "EROFS"]);

/**
 * A config file with other values in some places.
 *
 * @returns undefined where one has no place in it, or the file would say more or less than that.
 */
export function withValues(
    text: string,
    project: string,
    values: Readonly<Record<string, string | number | boolean>>,
): string | undefined {
    const document = parseDocument(text);
    if (document.errors.length > 0) return undefined;
    // Each place by itself, also where an alias makes one of two.
    const expected = JSON.parse(JSON.stringify(document)) as Record<string, unknown>;
    const edits: { from: number; to: number; text: string }[] = [];
    for (const [path, value] of Object.entries(values)) {
        const [key = "", ...rest] = path.split(".");
        const keys = ["config", `${project}:${key}`, ...rest];
        const node = document.getIn(keys, true);
        if (!isScalar(node) || !node.range || !isPlain(path, value)) return undefined;
        const [from, to] = node.range;
        edits.push({ from, to, text: String(value) });
        set(expected, keys, value);
    }
    const ordered = edits.sort((one, other) => other.from - one.from);
    const next = ordered.reduce((whole, edit) => whole.slice(0, edit.from) + edit.text + whole.slice(edit.to), text);
    return isDeepStrictEqual(parsed(next), expected) ? next : undefined;
}

/** Sets a value in maps of which each is there. */
function set(maps: Record<string, unknown>, keys: readonly string[], value: unknown): void {
    const inner = keys.slice(0, -1).reduce((map, key) => map[key] as Record<string, unknown>, maps);
    inner[keys.at(-1) ?? ""] = value;
}

/** Whether Pulumi would write it just like that: of other words it may make numbers, of fractions texts, and of other paths lists. */
function isPlain(path: string, value: string | number | boolean): boolean {
    if (!/^[\w-]+(\.[\w-]+)*$/.test(path)) return false;
    if (typeof value === "number") return Number.isSafeInteger(value);
    return (
        typeof value !== "string" ||
        (/^[a-z][\w-]*$/i.test(value) && !/^(true|false|null|y|n|yes|no|on|off)$/i.test(value))
    );
}

function parsed(text: string): unknown {
    try {
        return parse(text);
    } catch {
        return undefined;
    }
}

/** One that another user owns, or that a link leads to, would be another file when it is written whole. */
function isOwnPlainFile(file: string): boolean {
    const found = fs.lstatSync(file);
    return found.isFile() && found.uid === process.getuid?.();
}
