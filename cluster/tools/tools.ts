import * as crypto from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheDir, isFurnished, projectRoot } from "../paths";
import { readJson } from "../wholeFile.mjs";
import { type GoTool, officialKubernetes, testTools, type Tool, tools, toolsModule, type WheelTool } from "./manifest";
import { onPath } from "./onPath";
import { fits } from "./versions";
import { UserError } from "../../components/userError";

/**
 * The program to run for a tool: the user's own from PATH where its version fits, else the one that set-up made.
 *
 * Quick and synchronous: the version of a program on PATH is asked for once and remembered for as long as the file stays.
 *
 * @throws when there is neither; the message says how to get it.
 */
export function toolPath(name: string): string {
    const found = toolIfThere(name);
    if (found === undefined) {
        throw new UserError({ what: `${name} is not there yet.`, fix: fixFor(name) });
    }
    return found;
}

function fixFor(name: string): string {
    if (name === officialKubernetes.name) return "npx upshift setup --official-kubernetes";
    return testTools.some((tool) => tool.name === name) ? "npx upshift setup --for-tests" : "npx upshift setup";
}

/** The same, or undefined when there is neither. */
export function toolIfThere(name: string): string | undefined {
    const tool = toolNamed(name);
    return usersOwn(tool) ?? made(tool);
}

/** The entry of the manifest with this name. */
export function toolNamed(name: string): Tool {
    const tool = tools.find((candidate) => candidate.name === name);
    if (!tool) throw new Error(`No tool is called ${name}; there are ${tools.map((known) => known.name).join(", ")}.`);
    return tool;
}

/** The user's own program for a tool, where the manifest allows one and its version fits. */
export function usersOwn(tool: Tool): string | undefined {
    const candidate = onPath(tool.name, (file) => !isOurs(file));
    if (candidate === undefined) return undefined;
    if (tool.fit) return fits(candidate, tool.fit) ? candidate : undefined;
    return tool.kind === "package" ? candidate : undefined;
}

/** Where set-up puts a tool that it makes; the folder is there only when it is whole. */
export function madePath(tool: GoTool | WheelTool): string {
    return path.join(cacheDir("tools", toolId(tool)), tool.name);
}

/** Name, version and a hash over all that decides what is built: `kubernetes-1.36.3-0a1b2c3d`. */
export function toolId(tool: GoTool | WheelTool): string {
    const hash = crypto
        .createHash("sha256")
        .update(JSON.stringify({ ...tool, fit: undefined, says: undefined, arch: process.arch }));
    if (isOfCommonModule(tool)) hash.update(`\n${modulesOf(tool)}\n`);
    for (const file of sources(tool)) hash.update(`\n${path.basename(file)}\n`).update(fs.readFileSync(file));
    return `${tool.name}-${tool.version}-${hash.digest("hex").slice(0, 8)}`;
}

const isOfCommonModule = (tool: GoTool | WheelTool): boolean => tool.kind === "go" && tool.module === toolsModule;

/** The digest of the modules it is built of: the go.mod that it shares is other tools' too. */
function modulesOf({ name }: GoTool | WheelTool): string {
    const digest = readJson<Record<string, string>>(path.join(projectRoot(), toolsModule, "builtOf.json"))?.[name];
    if (digest === undefined)
        throw new UserError({ what: `cluster/tools/builtOf.json does not know ${name}.`, fix: "npm run tools" });
    return digest;
}

function made(tool: Tool): string | undefined {
    if (tool.kind === "package") return undefined;
    const file = madePath(tool);
    return fs.existsSync(file) ? file : undefined;
}

/**
 * The files of this project that a tool is built from. Tests are left out: changing one must not build anything. Of the common
 * module, that is the folder of a program of our own; a program of others' has none.
 */
function sources(tool: GoTool | WheelTool): string[] {
    const added = tool.kind === "go" ? Object.values(tool.adds ?? {}).flatMap((files) => Object.values(files)) : [];
    const folder = path.join(projectRoot(), sourceFolder(tool));
    const own = fs.existsSync(folder) ? sourcesIn(folder) : [];
    return [...own, ...added.map((file) => path.join(projectRoot(), file))];
}

function sourcesIn(folder: string): string[] {
    return fs
        .readdirSync(folder, { recursive: true, encoding: "utf8" })
        .filter((name) => /(\.go|\bgo\.mod|\bgo\.sum|^requirements\.txt)$/.test(name) && !name.endsWith("_test.go"))
        .sort()
        .map((name) => path.join(folder, name));
}

function sourceFolder(tool: GoTool | WheelTool): string {
    if (tool.kind === "wheel") return `cluster/tools/${tool.name}`;
    return isOfCommonModule(tool) ? path.join(tool.module, tool.package) : tool.module;
}

/** `upshift env`, of whatever checkout, puts the chosen tools on PATH; they must not be mistaken for the user's. */
function isOurs(file: string): boolean {
    return isFurnished(file) || fs.realpathSync(file).startsWith(cacheDir("tools") + path.sep);
}
