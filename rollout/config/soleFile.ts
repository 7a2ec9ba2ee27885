import * as fs from "node:fs";
import * as path from "node:path";
import { projectName } from "../plan/projectName";
import { configFileName } from "./stackFile";

/** A stack, and what is set where Pulumi is asked for its config. */
export interface At {
    readonly stack: string;
    /** Of the project. */
    readonly folder: string;
    readonly env: NodeJS.ProcessEnv;
}

/** A stack's config file, as it stands there. */
export interface SoleFile {
    readonly path: string;
    readonly text: string;
    /** The project, by its name and by Pulumi.yaml's text. */
    readonly project: { readonly name: string; readonly text: string };
}

/**
 * The file that has all of a stack's config.
 *
 * @returns undefined where there is more to it: another config file or folder, a config of an environment, or a backend in which the
 *     stack may be gone, or keep its config itself.
 */
export function soleFile({ stack, folder, env }: At): SoleFile | undefined {
    const { PULUMI_BACKEND_URL: backend = "", PULUMI_OPTION_CONFIG_FILE: otherFile } = env;
    if (!backend.startsWith("file:///") || stack.includes("/") || otherFile !== undefined) return undefined;
    const own = path.join(folder, configFileName(stack));
    const [project, text] = [path.join(folder, "Pulumi.yaml"), own].map(textOf);
    if (project === undefined || text === undefined) return undefined;
    // Wherever the words stand: a file that only talks of them is asked for once too often, and one in flow style not too seldom.
    if (/\benvironment\b/.test(text) || /\bstackConfigDir\b|\bconfig["']?:[ \t]*[^\s{]/.test(project)) return undefined;
    const name = projectName(folder);
    const stacks = path.join(decodeURIComponent(new URL(backend).pathname), ".pulumi", "stacks");
    if (!fs.existsSync(path.join(stacks, name, `${stack}.json`))) return undefined;
    return { path: own, text, project: { name, text: project } };
}

function textOf(file: string): string | undefined {
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
}
