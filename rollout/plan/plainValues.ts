import * as os from "node:os";
import * as path from "node:path";
import { isCheckout, projectRoot } from "../../cluster/paths";
import { isSigned, isUnknown } from "../../components/traffic/world/engineValues";
import { literalRegex } from "../../components/traffic/split/requestMatch";

/** What stands for a value that must not be shown, or is not known yet. */
export const secret = "[secret]";
export const unknown = "[known after apply]";

/**
 * A value of the engine's as people may see it: no secret, and words instead of the engine's signs for what is not known. Files are told
 * by their content's hash: where they lie is another place on each machine.
 */
export function plain(value: unknown): unknown {
    if (isUnknown(value)) return unknown;
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    if (isSigned(value)) return "hash" in value && typeof value.hash === "string" ? `asset ${value.hash}` : secret;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** Folders of this machine, the longest first: what lies in them is nobody's business on a pull request. */
const ownFolders = (project: string): string[] =>
    [
        project,
        ...(isCheckout() ? [projectRoot()] : []),
        process.cwd(),
        os.homedir(),
        os.tmpdir(),
        process.env.XDG_CACHE_HOME ?? "",
        "/home",
        "/Users",
        "/root",
    ]
        .filter((folder) => folder.length > 1)
        .sort((a, b) => b.length - a.length);

/**
 * A text without this machine's paths: a file of the project by its place in it, any other by its name alone.
 *
 * @param folder the project's. Default: this project's.
 */
export function withoutPaths(text: string, folder?: string): string {
    // Most texts name no folder, and a plan has tens of thousands of them.
    if (!text.includes(path.sep)) return text;
    const project = folder ?? projectRoot();
    return ownFolders(project).reduce(
        (sofar, own) =>
            sofar.replace(
                new RegExp(`(file://)?${literalRegex(own)}(?=[/\\s:"'\`),]|$)([^\\s:"'\`),]*)`, "g"),
                (_, __, rest: string) =>
                    own === project ? rest.replace(/^\//, "") || "." : `…/${path.basename(rest || own)}`,
            ),
        text,
    );
}
