import { type ChildProcess, spawn } from "node:child_process";
import { EventEmitter, once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { pathToFileURL } from "node:url";
import { projectRoot } from "../../cluster/paths";
import { bundleIfStale } from "../../cluster/setup/bundle.mjs";
import { usesBuiltKubernetes } from "../../cluster/tools/providers";
import { toolIfThere, toolPath } from "../../cluster/tools/tools";
import { furnish } from "../../plugins/furnish";
import { pathWith } from "../../rollout/env";
import { officialProvider } from "./providerProcess";

/** How a command ended. */
export interface Outcome {
    /** Undefined when a signal ended it. */
    readonly code: number | undefined;
    /** All it printed, stdout and stderr as they came. */
    readonly output: string;
}

/** A command that still runs. */
export interface Running {
    readonly process: ChildProcess;
    /** Resolves with the match as soon as the output has one; rejects when the command ends before. */
    printed(pattern: RegExp): Promise<RegExpExecArray>;
    readonly ended: Promise<Outcome>;
}

/** A throw-away Pulumi project with a stack `dev`, a state and a PULUMI_HOME of its own, and the plugins that are tested: the embedded ones. */
export interface Sandbox {
    readonly folder: string;
    /** Variables with which Pulumi works in it. */
    readonly environment: Readonly<Record<string, string | undefined>>;
    /** Writes files of the project, by their path in it. */
    write(files: Readonly<Record<string, string>>): void;
    /** Runs `pulumi` in it. */
    pulumi(...args: string[]): Promise<Outcome>;
    /** Runs `pulumi` and expects success. @returns what it printed */
    succeed(...args: string[]): Promise<string>;
    /** Starts `pulumi` and returns at once. */
    start(...args: string[]): Running;
    /** The stack's state, as exported. */
    resources(): Promise<readonly StateResource[]>;
    remove(): void;
}

/** What tests look at in a resource's state. */
export interface StateResource {
    readonly urn: string;
    readonly type: string;
    readonly id?: string;
    readonly inputs?: Readonly<Record<string, unknown>>;
    readonly outputs?: Readonly<Record<string, unknown>>;
}

const pulumiYaml = `name: sandbox
runtime:
  name: nodejs
  options:
    typescript: false
    nodeargs: --import ${pathToFileURL(path.join(projectRoot(), "plugins/language/typescript.mjs")).href}
`;

/** Places Pulumi and its plugins in a folder, as set-up does for this project. @param isOfficial whose Kubernetes provider */
export function pluginsIn(folder: string, isOfficial: boolean): ReturnType<typeof furnish> {
    const chosen = {
        languageHost: "embedded",
        providers: { kubernetes: isOfficial ? "official" : "embedded", random: "embedded" },
    } as const;
    return furnish(chosen, toolPath("pulumi"), folder, {
        yamlHost: toolIfThere("pulumi-language-yaml"),
        kubernetes: isOfficial ? officialProvider() : undefined,
    });
}

/**
 * Makes a sandbox.
 *
 * @param files of the project; a Pulumi.yaml that runs TypeScript as this project's own does, unless they hold another.
 * @param environment variables besides those that Pulumi needs.
 * @param toolsFirst a folder in which what Pulumi starts looks for programs first; Pulumi itself is not taken from there.
 */
export async function sandbox(
    files: Readonly<Record<string, string>>,
    environment: Readonly<Record<string, string>> = {},
    toolsFirst?: string,
): Promise<Sandbox> {
    await bundleIfStale();
    const home = fs.mkdtempSync(path.join(os.tmpdir(), "sandbox-"));
    const folder = path.join(home, "project");
    fs.mkdirSync(path.join(home, "state"));
    fs.mkdirSync(folder);
    fs.symlinkSync(path.join(projectRoot(), "node_modules"), path.join(folder, "node_modules"));
    const { bin, pulumiHome } = pluginsIn(path.join(home, ".upshift"), usesBuiltKubernetes());
    const env = {
        ...process.env,
        PATH: [toolsFirst, pathWith(bin, process.env.PATH ?? "")].filter(Boolean).join(path.delimiter),
        PULUMI_HOME: pulumiHome,
        PULUMI_CREDENTIALS_PATH: pulumiHome,
        PULUMI_BACKEND_URL: `file://${path.join(home, "state")}`,
        PULUMI_CONFIG_PASSPHRASE: "for tests",
        PULUMI_CONFIG_PASSPHRASE_FILE: undefined,
        PULUMI_SKIP_UPDATE_CHECK: "true",
        PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
        ...environment,
    };
    const start = (...args: string[]): Running =>
        follow(
            spawn(path.join(bin, "pulumi"), [...args, "--non-interactive", "--color", "never"], { cwd: folder, env }),
        );
    const pulumi = (...args: string[]): Promise<Outcome> => start(...args).ended;
    const succeed = async (...args: string[]): Promise<string> => {
        const { code, output } = await pulumi(...args);
        if (code !== 0) throw new Error(`pulumi ${args.join(" ")} ended with ${code}:\n${output}`);
        return output;
    };
    const write = (written: Readonly<Record<string, string>>): void =>
        Object.entries(written).forEach(([name, text]) => {
            fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
            fs.writeFileSync(path.join(folder, name), text);
        });
    write({ "Pulumi.yaml": pulumiYaml, "package.json": '{ "main": "index.ts" }', ...files });
    await succeed("stack", "init", "dev");
    return {
        folder,
        environment: env,
        write,
        pulumi,
        succeed,
        start,
        resources: async () => {
            const { deployment } = JSON.parse(await succeed("stack", "export")) as {
                deployment: { resources?: StateResource[] };
            };
            return deployment.resources ?? [];
        },
        remove: () => fs.rmSync(home, { recursive: true, force: true }),
    };
}

function follow(child: ChildProcess): Running {
    let output = "";
    const changed = new EventEmitter();
    for (const stream of [child.stdout, child.stderr]) {
        stream?.on("data", (chunk: Buffer) => {
            output += chunk.toString();
            changed.emit("change");
        });
    }
    const ended = new Promise<Outcome>((resolve, reject) => {
        child.once("error", reject);
        child.once("close", (code) => {
            resolve({ code: code ?? undefined, output });
            changed.emit("change");
        });
    });
    const printed = async (pattern: RegExp): Promise<RegExpExecArray> => {
        for (;;) {
            const match = pattern.exec(output);
            if (match) return match;
            if (child.exitCode !== null || child.signalCode !== null) {
                throw new Error(`It ended without printing ${pattern}:\n${output}`);
            }
            await once(changed, "change");
        }
    };
    return { process: child, printed, ended };
}
