import * as fs from "node:fs";
import * as path from "node:path";
import { filesFor, textOf, type Written } from "../adopt/files";
import { configValues, freshProject, type FreshVersions, programText } from "../adopt/program";
import type { Project } from "../adopt/project";
import { packFiles } from "./pack";
import type { FirstSplit } from "./split";
import { workflowFile, workflowText } from "./workflow";
import { UserError } from "../../components/userError";

/** What is written beside the split. */
export interface Extras {
    readonly stack: string;
    /** The kubeconfig's context, which the config is to name. */
    readonly context: string;
    readonly versions: FreshVersions & { readonly policy: string };
    readonly hasPack: boolean;
    readonly hasWorkflow: boolean;
}

/**
 * Every file that a project gets, looked at before any is written. A project that is there keeps what it has: its package.json gets
 * the dependencies that it lacks, and its program one import.
 *
 * @throws with all that stands in the way; nothing is written then.
 */
export function initialFiles(folder: string, project: Project, { args, notes }: FirstSplit, extras: Extras): Written[] {
    const { stack, context, versions, hasPack, hasWorkflow } = extras;
    const name = args.service;
    const module = moduleOf(name);
    const split = { name, args, notes, kept: {} };
    // `npm install upshift` in an empty folder has made a package.json already.
    const { "package.json": own = "", ...rest } = project.isFresh ? freshProject(project.name, module, versions) : {};
    const hasPackage = textOf(folder, "package.json") !== undefined;
    const whole = {
        ...rest,
        ...(own !== "" && !hasPackage && { "package.json": own }),
        [`${module}.ts`]: programText(split, `Service ${args.namespace}/${name}`),
        ...(hasPack && packFiles(project.name)),
    };
    const values = configValues(split, { project: project.name, context });
    const written = filesFor(folder, whole, { project: project.name, stack, values });
    const needed = dependenciesFor(versions, hasPack);
    return [
        ...withDependencies(folder, written, needed),
        ...(project.isFresh ? [] : withImport(folder, module)),
        ...(hasWorkflow ? workflowIn(folder, stack, hasPack) : []),
    ];
}

/** The module in which a service's split stands. */
export function moduleOf(service: string): string {
    return `${service}-split`;
}

function dependenciesFor({ kubernetes, pulumi, policy, upshift }: Extras["versions"], hasPack: boolean) {
    return {
        "@pulumi/kubernetes": `^${kubernetes}`,
        ...(hasPack && { "@pulumi/policy": `^${policy}` }),
        "@pulumi/pulumi": `^${pulumi}`,
        upshift: `^${upshift}`,
    };
}

/** What package.json lacks; a version that it names stays. */
function withDependencies(folder: string, files: Written[], needed: Record<string, string>): Written[] {
    const file = "package.json";
    const made = files.find((one) => one.file === file);
    const before = textOf(folder, file);
    const text = made?.text ?? before ?? "{}";
    const content = JSON.parse(text) as { main?: string; dependencies?: object; devDependencies?: object };
    // Pulumi begins where `main` says; npm has written none, or one that is not there.
    const main = files.some((one) => one.file === "index.ts") && before !== undefined ? { main: "index.ts" } : {};
    const lacking = Object.entries(needed).filter(
        ([name]) => !(name in { ...content.dependencies, ...content.devDependencies }),
    );
    if (lacking.length === 0 && main.main === undefined) return files;
    const all = Object.entries({ ...content.dependencies, ...Object.fromEntries(lacking) });
    const dependencies = Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1)));
    const [, indent = "    "] = /^([ \t]+)"/m.exec(text) ?? [];
    const next = `${JSON.stringify({ ...content, ...main, dependencies }, undefined, indent)}\n`;
    return [...files.filter((one) => one !== made), { file, text: next, before }];
}

/** The program imports the split, at its end: what it makes itself comes first. */
function withImport(folder: string, module: string): Written[] {
    const file = entryOf(folder);
    const before = file === undefined ? undefined : textOf(folder, file);
    const line = `import "./${module}";`;
    if (file === undefined || before === undefined || before.includes(`"./${module}"`)) return [];
    return [{ file, text: `${before.replace(/\n*$/, "\n")}${line}\n`, before }];
}

/** The program's file, where it is TypeScript in the project's own folder; else its user imports the split himself. */
export function entryOf(folder: string): string | undefined {
    const { main = "index.ts" } = JSON.parse(textOf(folder, "package.json") ?? "{}") as { main?: string };
    return [main, "index.ts"].find((file) => file.endsWith(".ts") && fs.existsSync(path.join(folder, file)));
}

function workflowIn(folder: string, stack: string, hasPack: boolean): Written[] {
    const root = repositoryOf(folder);
    const own = path.relative(root, folder) || ".";
    const file = path.join(path.relative(folder, root), workflowFile(stack));
    const text = workflowText({ stack, folder: own, hasPack });
    const before = textOf(folder, file);
    if (before !== undefined && before !== text)
        throw new UserError({
            what: `Nothing was written.\n${path.join(folder, file)}: is there, and says something else; it is not written over.`,
            fix: "--no-workflow",
        });
    return before === text ? [] : [{ file, text }];
}

/** The nearest folder above that is a repository; where there is none, the folder itself. */
function repositoryOf(folder: string): string {
    for (let at = folder; ; at = path.dirname(at)) {
        if (fs.existsSync(path.join(at, ".git"))) return at;
        if (at === path.dirname(at)) return folder;
    }
}
