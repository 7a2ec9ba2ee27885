import * as fs from "node:fs";
import * as path from "node:path";
import { parse } from "yaml";
import { textOf } from "./files";

/**
 * The program's file, where an import can be added to it: it is TypeScript, and package.json alone says where it is. Else the import
 * is its user's to write.
 */
export function entryOf(folder: string): string | undefined {
    if (pulumiMain(folder) !== undefined) return undefined;
    return [packageMain(folder), "index.ts"].find(
        (file) => file.endsWith(".ts") && fs.existsSync(path.join(folder, file)),
    );
}

/** How the program of a project names a module of the project's folder: `./web-split`, and `../web-split` from `src/index.ts`. */
export function specifierOf(folder: string, module: string): string {
    const begin = pulumiMain(folder) ?? entryOf(folder) ?? packageMain(folder);
    const isFolder = fs.statSync(path.join(folder, begin), { throwIfNoEntry: false })?.isDirectory() ?? false;
    const specifier = path.posix.relative(isFolder ? begin : path.posix.dirname(begin), module);
    return specifier.startsWith("../") ? specifier : `./${specifier}`;
}

/** The file or the folder at which Pulumi.yaml lets the program begin. */
function pulumiMain(folder: string): string | undefined {
    const { main } = parse(textOf(folder, "Pulumi.yaml") ?? "{}") as { main?: string };
    return main;
}

function packageMain(folder: string): string {
    const { main = "index.ts" } = JSON.parse(textOf(folder, "package.json") ?? "{}") as { main?: string };
    return main;
}
