import * as fs from "node:fs";
import * as path from "node:path";
import { entryOf, specifierOf } from "../adopt/entry";
import { filesFor, textOf, type Written } from "../adopt/files";
import { configValues, dependenciesOf, freshProject, moduleOf, programText } from "../adopt/program";
import { type Project, versionsFor } from "../adopt/project";
import { packFiles } from "./pack";
import type { FirstSplit } from "./split";
import { workflowFile, workflowText } from "./workflow";

/** What is written beside the split. */
export interface Extras {
    readonly stack: string;
    /** The kubeconfig's context, which the config is to name. */
    readonly context: string;
    readonly hasPack: boolean;
    readonly hasWorkflow: boolean;
    /** What names another folder on the command line. */
    readonly folderOption: string;
}

/**
 * Every file that a project gets, looked at before any is written. A project that is there keeps what it has: its package.json gets
 * the dependencies that it lacks, and its program one import.
 *
 * @throws with all that stands in the way; nothing is written then.
 */
export function initialFiles(folder: string, project: Project, { args, notes }: FirstSplit, extras: Extras): Written[] {
    const { stack, context, hasPack, hasWorkflow, folderOption } = extras;
    const name = args.service;
    const module = moduleOf(name);
    const split = { name, args, notes, kept: {} };
    const { "package.json": ownPackage = "{}", ...fresh } = project.isFresh
        ? freshProject(project.name, module, versionsFor(project))
        : {};
    const whole = {
        ...fresh,
        [`${module}.ts`]: programText(split, `Service ${args.namespace}/${name}`),
        ...(hasPack && packFiles(project.name)),
        ...(hasWorkflow && workflowFor(folder, stack, hasPack)),
    };
    const values = configValues(split, { project: project.name, context });
    return [
        ...filesFor(folder, whole, { project: project.name, stack, values, folderOption }),
        ...packageFor(folder, project, ownPackage, hasPack),
        ...(project.isFresh ? [] : withImport(folder, module)),
    ];
}

/** What package.json lacks; a version that it names stays. `npm install upshift` in an empty folder has made one already. */
function packageFor(folder: string, project: Project, ownText: string, hasPack: boolean): Written[] {
    const file = "package.json";
    const before = textOf(folder, file);
    const text = before ?? ownText;
    const content = JSON.parse(text) as { dependencies?: object; devDependencies?: object };
    const lacking = Object.entries(dependenciesOf(versionsFor(project), { hasPack })).filter(
        ([name]) => !(name in { ...content.dependencies, ...content.devDependencies }),
    );
    if (lacking.length === 0 && before !== undefined && !project.isFresh) return [];
    const all = Object.entries({ ...content.dependencies, ...Object.fromEntries(lacking) });
    const dependencies = Object.fromEntries(all.sort(([one], [other]) => (one < other ? -1 : 1)));
    // Pulumi begins where `main` says; npm has written none, or one that is not there.
    const main = project.isFresh ? { main: "index.ts" } : {};
    const [, indent = "    "] = /^([ \t]+)"/m.exec(text) ?? [];
    return [{ file, text: `${JSON.stringify({ ...content, ...main, dependencies }, undefined, indent)}\n`, before }];
}

/** The program imports the split, at its end: what it makes itself comes first. */
function withImport(folder: string, module: string): Written[] {
    const file = entryOf(folder);
    const before = file === undefined ? undefined : textOf(folder, file);
    const specifier = specifierOf(folder, module);
    if (file === undefined || before === undefined) return [];
    if (['"', "'"].some((quote) => before.includes(`${quote}${specifier}${quote}`))) return [];
    return [{ file, text: `${before.replace(/\n*$/, "\n")}import "${specifier}";\n`, before }];
}

/** The workflow where GitHub looks for it, by its path from the project's folder. */
function workflowFor(folder: string, stack: string, hasPack: boolean): Record<string, string> {
    const root = repositoryOf(folder);
    const own = path.relative(root, folder) || ".";
    const file = path.join(path.relative(folder, root), workflowFile(stack));
    return { [file]: workflowText({ stack, folder: own, hasPack }) };
}

/** The nearest folder above that is a repository; where there is none, the folder itself. */
function repositoryOf(folder: string): string {
    for (let at = folder; ; at = path.dirname(at)) {
        if (fs.existsSync(path.join(at, ".git"))) return at;
        if (at === path.dirname(at)) return folder;
    }
}
