import * as fs from "node:fs";
import * as path from "node:path";
import { Command } from "commander";
import { shellWord } from "../../components/shellWord";
import { describeProblems } from "../../components/traffic/split/problem";
import { entryOf, specifierOf } from "../adopt/entry";
import { diffText, type Written, writeFiles } from "../adopt/files";
import { moduleOf } from "../adopt/program";
import { projectAt } from "../adopt/project";
import { agrees, canAsk } from "../ask";
import { ExitCode } from "../exitCode";
import { initialFiles } from "../init/files";
import { packFolder } from "../init/pack";
import { pickService } from "../init/pick";
import { defaultStack } from "../pulumi";

const folderOption = "--cwd FOLDER";

interface InitOptions {
    service?: string;
    namespace?: string;
    versionLabel?: string;
    cwd?: string;
    stack: string;
    context?: string;
    kubeconfig?: string;
    policies: boolean;
    workflow: boolean;
    yes?: boolean;
    json?: boolean;
}

/** `upshift init`: a project, new or there, gets the split of a Service of the cluster. */
export function initCommand(): Command {
    return new Command("init")
        .description(
            "give a Pulumi project, new or there, the split of a Service of the cluster as its pods serve it today, with the policy pack and a GitHub workflow; shows every change before it writes; exit code 1 where the Service can't be split",
        )
        .option("--service <name>", "the Service; asked for unless given")
        .option("-n, --namespace <name>", "its namespace. Default: default")
        .option("--version-label <label>", "the label that tells its versions apart. Default: the one that does today")
        .option("-C, --cwd <folder>", "the project's folder, or an empty one. Default: this folder")
        .option("--stack <name>", "the stack whose config gets the weights", defaultStack)
        .option("--context <name>", "the kubeconfig's context. Default: its current one; the config then names it")
        .option("--kubeconfig <file>", "Default: $KUBECONFIG, then ~/.kube/config")
        .option("--no-policies", "without the policy pack")
        .option("--no-workflow", "without the GitHub workflow")
        .option("-y, --yes", "write it, and ask nothing")
        .option("--json", "print it as JSON")
        .action(run);
}

async function run(options: InitOptions): Promise<void> {
    const { stack, json, yes = false, policies: hasPack, workflow: hasWorkflow } = options;
    const folder = path.resolve(options.cwd ?? ".");
    const project = projectAt(folder, folderOption);
    const [{ candidates, lookAround }, { firstSplit }] = await Promise.all([
        import("../init/around"),
        import("../init/split"),
    ]);
    const { world, pods, context } = await lookAround(options);
    const { namespace = "default", name } = options.service
        ? { namespace: options.namespace, name: options.service }
        : await pickService(candidates(world, options.namespace));
    const { split, problems } = firstSplit(world, pods, { namespace, name, versionLabel: options.versionLabel });
    if (!split) {
        process.exitCode = ExitCode.Findings;
        if (json) print({ initialised: false, problems });
        else
            console.error(
                `upshift: Service ${namespace}/${name} can't be split, and nothing was written:\n${describeProblems(problems)}`,
            );
        return;
    }
    const files = initialFiles(folder, project, split, { stack, context, hasPack, hasWorkflow, folderOption });
    const shares = Object.entries(split.args.weights).map(([one, weight]) => `${one} ${weight} %`);
    if (!json) {
        const notes = split.notes.map((note) => `note: ${note}`);
        console.log([`Service ${namespace}/${name}: ${shares.join(", ")}, as its pods serve it.`, ...notes].join("\n"));
        console.log(`\n${files.length === 0 ? "All of it is there already." : diffText(files)}\n`);
    }
    const isWritten = files.length > 0 && (yes || (!json && canAsk() && (await agrees("Write this?"))));
    if (isWritten) writeFiles(folder, files);
    const commands = commandsFor(folder, files, name, options);
    if (json) {
        print({
            initialised: true,
            ...split,
            isWritten,
            commands,
            files: Object.fromEntries(files.map(({ file, text }) => [file, text])),
        });
        return;
    }
    const title =
        isWritten || files.length === 0 ? "What follows:" : "Nothing was written (--yes does). What would follow:";
    console.log([title, ...commands.map((command) => `  ${command}`)].join("\n"));
}

/** What follows, in order: the first update moves nobody. */
function commandsFor(
    folder: string,
    files: readonly Written[],
    name: string,
    { stack, kubeconfig, policies }: InitOptions,
): string[] {
    const own = path.relative(process.cwd(), folder);
    const pack = policies ? ` --policy-pack ${packFolder}` : "";
    const isImported = files.some(({ file }) => file === "index.ts") || entryOf(folder) !== undefined;
    return [
        ...(own === "" ? [] : [`cd ${shellWord(own)}`]),
        ...(kubeconfig === undefined ? [] : [`export KUBECONFIG=${shellWord(path.resolve(kubeconfig))}`]),
        ...(isImported ? [] : [`# the program has: import "${specifierOf(folder, moduleOf(name))}";`]),
        ...(fs.existsSync(path.join(folder, "node_modules")) && !files.some(({ file }) => file === "package.json")
            ? []
            : ["npm install"]),
        `pulumi stack select --create ${stack}`,
        `pulumi up --stack ${stack}${pack}`,
        `npx upshift status --stack ${stack}`,
    ];
}

function print(value: object): void {
    console.log(JSON.stringify(value, undefined, 2));
}
