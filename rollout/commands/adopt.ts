import * as fs from "node:fs";
import * as path from "node:path";
import { Command } from "commander";
import { collected } from "./values";
import type { Converted } from "../adopt/adoption";
import { commandsFor } from "../adopt/commands";
import { specifierOf } from "../adopt/entry";
import { diffText, filesFor, writeFiles, type Written } from "../adopt/files";
import { configValues, freshProject, importFile, moduleOf, podsFile, programText } from "../adopt/program";
import { ExitCode } from "../exitCode";
import { type Project, projectAt, versionsFor } from "../adopt/project";
import { describeSource, kinds, type Source, sourceNamed } from "../adopt/source";
import { inWords, refusal } from "../adopt/words";
import { defaultStack } from "../pulumi";
import { UserError } from "../../components/userError";

const folderOption = "--write FOLDER";

interface AdoptOptions {
    namespace: string;
    stack: string;
    context?: string;
    kubeconfig?: string;
    write?: string | true;
    leaveOut: string[];
    json?: boolean;
}

/** `upshift adopt vs/NAME`: a live object becomes a TrafficSplit of a program, and nobody is moved. */
export function adoptCommand(): Command {
    return new Command("adopt")
        .description(
            "turn live routes into a program: its text, the config, and what to import; the judge proves that nobody is moved, or it is refused (exit code 1); 2 when it could not be asked",
        )
        .argument("<object>", kinds.join(", "))
        .option("-n, --namespace <name>", "the object's namespace", "default")
        .option("--write [folder]", "write it into this folder; without a name into the Pulumi project of this folder")
        .option(
            "--leave-out <path>",
            "do without a field that a TrafficSplit does not have; may be given several times",
            collected,
            [],
        )
        .option("--stack <name>", "the stack whose config gets the weights", defaultStack)
        .option("--context <name>", "the kubeconfig's context. Default: its current one; the config then names it")
        .option("--kubeconfig <file>", "Default: $KUBECONFIG, then ~/.kube/config")
        .option("--json", "print it as JSON")
        .action(run);
}

async function run(object: string, options: AdoptOptions): Promise<void> {
    const { namespace, leaveOut, json } = options;
    const source = sourceNamed(object, namespace);
    const folder = folderOf(options.write);
    const [{ seen }, { conversionOf }] = await Promise.all([import("../adopt/read"), import("../adopt/convert")]);
    const found = await seen(source, options);
    const { converted, problems } = conversionOf(source, found, leaveOut);
    if (!converted) {
        process.exitCode = ExitCode.Findings;
        const told = { adopted: false, object: describeSource(source), problems };
        if (json) print(told);
        else console.error(refusal(source, problems));
        return;
    }
    const project = projectAt(folder, folderOption);
    const files = filesOf(converted, source, folder, project, found.context, options.stack);
    const commands = commandsFor(converted, {
        folder: path.relative(process.cwd(), folder) || ".",
        stack: options.stack,
        importFile: `adopt-${converted.name}.json`,
        podsFile: fileIn(folder, `adopt-${converted.name}-pods.yaml`),
        isFresh: project.isFresh,
        kubeconfig: options.kubeconfig,
        module: specifierOf(folder, moduleOf(converted.name)),
    });
    const isWritten = options.write !== undefined;
    const { leftOut, notes, imports, args } = converted;
    if (json)
        print({
            adopted: true,
            object: describeSource(source),
            name: converted.name,
            args,
            imports,
            leftOut,
            notes,
            commands,
            isWritten,
            files: Object.fromEntries(files.map(({ file, text }) => [file, text])),
        });
    else console.log(inWords(source, converted, diffText(files), commands, isWritten));
    if (isWritten) writeFiles(folder, files);
}

/** The folder that is written to, or would be. @throws when a project is meant and there is none */
function folderOf(write: string | true | undefined): string {
    if (typeof write === "string") return path.resolve(write);
    if (write && !fs.existsSync("Pulumi.yaml"))
        throw new UserError({
            what: `There is no Pulumi.yaml in ${process.cwd()}, and so no project to write into.`,
            fix: `name a folder for a new one: ${folderOption}`,
        });
    return process.cwd();
}

function fileIn(folder: string, file: string): string {
    return path.relative(process.cwd(), path.join(folder, file));
}

function filesOf(
    converted: Converted,
    source: Source,
    folder: string,
    project: Project,
    context: string,
    stack: string,
): Written[] {
    const { name, isFresh, kubernetesVersion } = project;
    const facts = { project: name, kubernetesVersion, context };
    const module = moduleOf(converted.name);
    const pods = podsFile(converted);
    const whole = {
        ...(isFresh && freshProject(name, module, versionsFor(project))),
        [`${module}.ts`]: programText(converted, describeSource(source)),
        ...(pods !== undefined && { [`adopt-${converted.name}-pods.yaml`]: pods }),
        ...(converted.imports.length > 0 && { [`adopt-${converted.name}.json`]: importFile(converted, facts) }),
    };
    return filesFor(folder, whole, { project: name, stack, values: configValues(converted, facts), folderOption });
}

function print(value: object): void {
    console.log(JSON.stringify(value, undefined, 2));
}
