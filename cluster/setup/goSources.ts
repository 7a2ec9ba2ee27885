import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../paths";
import type { GoTool } from "../tools/manifest";
import type { SourceChanges } from "../tools/sourceChanges";
import { madePath } from "../tools/tools";
import { draftOf } from "./draft";

/** Runs Go in a tool's module. @returns what it printed */
type Go = (...args: string[]) => Promise<string>;

/**
 * Does something with the sources of a tool, as far as they stand elsewhere than Go would look for them, or are changed.
 *
 * @param act is given the flags by which Go finds them.
 * @throws where a module has not the text that is to be changed.
 */
export async function withSources<T>(tool: GoTool, go: Go, act: (flags: readonly string[]) => Promise<T>): Promise<T> {
    const { embeds, changes } = tool;
    if (!embeds && !changes) return act([]);
    const folder = draftOf(`${path.dirname(madePath(tool))}-sources`);
    fs.rmSync(folder, { recursive: true, force: true });
    fs.mkdirSync(folder, { recursive: true });
    try {
        return await act([
            ...(embeds ? [`-overlay=${await overlay(tool, embeds, go, folder)}`] : []),
            ...(changes ? [`-modfile=${await changedModules(tool, changes, go, folder)}`] : []),
        ]);
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

/** Where Go finds what a program embeds of a module, as the file that its `-overlay` takes. */
async function overlay(
    tool: GoTool,
    { module, files }: NonNullable<GoTool["embeds"]>,
    go: Go,
    folder: string,
): Promise<string> {
    const from = await downloaded(module, go);
    const entries = Object.entries(files).map(([name, inModule]) => [
        path.join(projectRoot(), tool.module, tool.package, name),
        path.join(from, inModule),
    ]);
    const file = path.join(folder, "overlay.json");
    fs.writeFileSync(file, JSON.stringify({ Replace: Object.fromEntries(entries) as Record<string, string> }));
    return file;
}

/** The tool's go.mod, with changed copies in the place of some modules. Go keeps its overlays out of its modules' cache. */
async function changedModules(
    { module, adds = {} }: GoTool,
    changes: SourceChanges,
    go: Go,
    folder: string,
): Promise<string> {
    const from = path.join(projectRoot(), module);
    const replacements: string[] = [];
    for (const [name, files] of Object.entries(changes)) {
        const copy = path.join(folder, name);
        copyFiles(await downloaded(name, go), copy);
        for (const [file, edits] of Object.entries(files)) {
            const at = path.join(copy, file);
            fs.writeFileSync(at, changed(`${name}/${file}`, fs.readFileSync(at, "utf8"), edits));
        }
        for (const [file, ours] of Object.entries(adds[name] ?? {})) {
            const at = path.join(copy, file);
            fs.mkdirSync(path.dirname(at), { recursive: true });
            fs.copyFileSync(path.join(projectRoot(), ours), at, fs.constants.COPYFILE_EXCL);
        }
        // A module of the time before there were any.
        const own = path.join(copy, "go.mod");
        if (!fs.existsSync(own)) fs.writeFileSync(own, `module ${name}\n`);
        replacements.push(`replace ${name} => ${copy}\n`);
    }
    const file = path.join(folder, "go.mod");
    fs.writeFileSync(file, [fs.readFileSync(path.join(from, "go.mod"), "utf8"), ...replacements].join("\n"));
    fs.copyFileSync(path.join(from, "go.sum"), path.join(folder, "go.sum"));
    return file;
}

/** A source with other texts in the places of some. @throws where one does not stand there once */
export function changed(file: string, source: string, edits: readonly (readonly [from: string, to: string])[]): string {
    return edits.reduce((text, [from, to]) => {
        const parts = text.split(from);
        if (parts.length !== 2)
            throw new Error(
                `${file} has the text that is to be changed ${parts.length - 1} times, and not once:\n${from}`,
            );
        return parts.join(to);
    }, source);
}

async function downloaded(module: string, go: Go): Promise<string> {
    const { Dir } = JSON.parse(await go("mod", "download", "-json", module)) as { Dir: string };
    return Dir;
}

/** Without their modes: Go's cache is read-only. */
function copyFiles(from: string, to: string): void {
    for (const entry of fs.readdirSync(from, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile()) continue;
        const source = path.join(entry.parentPath, entry.name);
        const copy = path.join(to, path.relative(from, source));
        fs.mkdirSync(path.dirname(copy), { recursive: true });
        fs.writeFileSync(copy, fs.readFileSync(source));
    }
}
