import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { encrypted, unknown as notKnown, type Value } from "../../components/traffic/world/values";

/** What stands for a value that must not be shown, or is not known yet. */
export const secret = "[secret]";
export const unknown = "[known after apply]";

const secretSignature = "4dabf18193072939515e22adb298388d";
const unknownValues = [
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
];

/** A value of the engine's as people may see it: no secret, and words instead of the engine's signs for what is not known. */
export function plain(value: unknown): unknown {
    if (typeof value === "string") return unknownValues.includes(value) ? unknown : value;
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== "object" || value === null) return value;
    if (secretSignature in value) return secret;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** The same for whoever judges by it: what can't be read stays a sign of its own, and is never taken for a text. */
export function worldValue(value: unknown): Value {
    if (typeof value === "string") return unknownValues.includes(value) ? notKnown : value;
    if (Array.isArray(value)) return value.map(worldValue);
    if (typeof value !== "object" || value === null) return value as Value;
    if (secretSignature in value) return encrypted;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, worldValue(inner)]));
}

/** Folders of this machine, the longest first: what lies in them is nobody's business on a pull request. */
const ownFolders = (project: string): string[] =>
    [
        project,
        projectRoot(),
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
                new RegExp(`(file://)?${escaped(folder)}(?=[/\\s:"'\`),]|$)([^\\s:"'\`),]*)`, "g"),
                (_, __, rest: string) =>
                    folder === project ? rest.replace(/^\//, "") || "." : `…/${path.basename(rest || folder)}`,
            ),
        text,
    );
}

function escaped(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
