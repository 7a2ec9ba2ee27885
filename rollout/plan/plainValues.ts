import * as os from "node:os";
import * as path from "node:path";
import { isCheckout, projectRoot } from "../../cluster/paths";
import { isSigned, isUnknown } from "../../components/traffic/world/engineValues";
import { literalRegex } from "../../components/traffic/split/requestMatch";

/** What stands for a value that must not be shown, or is not known yet. */
export const secret = "[secret]";
export const unknown = "[known after apply]";

/** A value of the engine's as people may see it: no secret, and words instead of the engine's signs for what is not known. */
export function plain(value: unknown): unknown {
    if (isUnknown(value)) return unknown;
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    if (isSigned(value)) return secret;
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

/** A text without this machine's paths: a file of the project by its place in it, any other by its name alone. */
export function withoutPaths(text: string, project = projectRoot()): string {
    return ownFolders(project).reduce(
        (sofar, folder) =>
            sofar.replace(
                new RegExp(`(file://)?${literalRegex(folder)}(?=[/\\s:"'\`),]|$)([^\\s:"'\`),]*)`, "g"),
                (_, __, rest: string) =>
                    folder === project ? rest.replace(/^\//, "") || "." : `…/${path.basename(rest || folder)}`,
            ),
        text,
    );
}
