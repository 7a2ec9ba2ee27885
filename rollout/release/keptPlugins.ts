import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { createInterface } from "node:readline";
import type { Writable } from "node:stream";
import { parse } from "yaml";
import { projectRoot } from "../../cluster/paths";
import { proxiesVariable } from "../../components/mesh/proxies/keptAdmin";
import { furnished } from "../../plugins/furnished";
import { keptVariable, readyVariable } from "../../plugins/kept";
import { configFile } from "../config/stackFile";
import { type FindingsFile, findingsFile, findingsVariable } from "../plan/hookFindings";
import { surroundings } from "../pulumi";
import { HeldCli } from "./heldCli";
import { KeptProxies } from "./keptProxies";

/** A plugin that runs, and where it answers. */
interface Kept {
    readonly child: ChildProcess;
    readonly port: number;
}

/** With what an engine finds the kept plugins, and keeps them. */
interface Attached {
    readonly variables: NodeJS.ProcessEnv;
    /** Its further open files: they keep the plugins for as long as it runs, also where the release is killed. */
    readonly files: readonly Writable[];
}

/**
 * The plugins of a release's updates, started once and kept until it ends: each `pulumi up` would start the same four processes, which
 * is half of its time, and of those that have run before everything is faster. The program alone is started anew for each, and waits
 * loaded for the next. They are this project's own plugins; official ones are left to Pulumi.
 */
export class KeptPlugins {
    /** The CLI of the next update, which has begun. */
    held?: HeldCli | undefined;

    private constructor(
        private readonly folder: string | undefined,
        private readonly language: Kept,
        private readonly providers: ReadonlyMap<string, Kept>,
        /** Where the hooks of every update write what they find. */
        readonly findings: FindingsFile,
        private readonly proxies: KeptProxies | undefined,
    ) {}

    /**
     * @param folder of the project, where it is another than this one.
     * @returns undefined where updates go without: the plugins are official ones, the program is in another language, or somebody has
     *     Pulumi use plugins of his own for debugging.
     */
    static async start(folder?: string): Promise<KeptPlugins | undefined> {
        const program = programOf(folder ?? projectRoot());
        const { PULUMI_DEBUG_LANGUAGES: languages, PULUMI_DEBUG_PROVIDERS: others } = process.env;
        if (!program || languages || others) return undefined;
        const { cwd, env } = await surroundings(folder);
        const { languageHost, providers } = furnished(env);
        if (languageHost === undefined) return undefined;
        const findings = findingsFile();
        // Whoever can't have them has every program open its own.
        const proxies = await KeptProxies.start(findings.folder).catch(() => undefined);
        const all = {
            ...env,
            [keptVariable]: "true",
            [findingsVariable]: findings.path,
            ...(proxies && { [proxiesVariable]: proxies.socket }),
        };
        const ready = { ...all, [readyVariable]: JSON.stringify(program) };
        const said = fs.openSync(saidIn(findings), "a", 0o600);
        const [language, ...rest] = await Promise.all([
            started(languageHost, cwd, ready, said),
            ...[...providers.values()].map((file) => started(file, cwd, all, said)),
        ]).finally(() => fs.closeSync(said));
        const named = [...providers.keys()].flatMap((name, index): [string, Kept][] => {
            const kept = rest[index];
            return kept ? [[name, kept]] : [];
        });
        if (language) return new KeptPlugins(folder, language, new Map(named), findings, proxies);
        for (const [, { child }] of named) child.kill();
        proxies?.stop();
        findings.remove();
        return undefined;
    }

    /** What Pulumi is started with, to work with those that run still; one that is gone is started by it. Undefined without a language host, whose hooks write the findings. */
    attached(): Attached | undefined {
        if (!isAlive(this.language)) return undefined;
        const alive = [...this.providers].filter(([, one]) => isAlive(one));
        const providers = alive.map(([name, { port }]) => `${name}:${port}`);
        return {
            variables: {
                PULUMI_DEBUG_LANGUAGES: `nodejs:${this.language.port}`,
                ...(providers.length > 0 && { PULUMI_DEBUG_PROVIDERS: providers.join(",") }),
            },
            files: [this.language, ...alive.map(([, one]) => one)].flatMap(({ child }) => child.stdin ?? []),
        };
    }

    /** Has the CLI of the next update begin, which is not known yet. */
    async hold(stack: string): Promise<void> {
        const attached = this.attached();
        if (!attached) return;
        const { cwd, env } = await surroundings(this.folder);
        this.held?.stop();
        this.held = HeldCli.start({
            stackFile: configFile(cwd, stack),
            cwd,
            env,
            files: attached.files,
            scratch: this.findings.folder,
        });
    }

    /** The CLI that has begun, which is then the caller's. */
    takeHeld(): HeldCli | undefined {
        const { held } = this;
        this.held = undefined;
        return held;
    }

    /** What programs and plugins have printed since it was last asked: all that came before an update ended. */
    takeSaid(): string {
        const file = saidIn(this.findings);
        const said = fs.readFileSync(file, "utf8");
        fs.truncateSync(file);
        return said;
    }

    /** Each ends once no engine has it any more. */
    stop(): void {
        this.held?.stop();
        // Closed and not ended, which would end it for the others who hold it.
        for (const { child } of [this.language, ...this.providers.values()]) child.stdin?.destroy();
        this.proxies?.stop();
        this.findings.remove();
    }
}

/** Into a file, which is whole whenever it is read, takes however much is printed, and stays where the release is killed. */
function saidIn({ folder }: FindingsFile): string {
    return path.join(folder, "said");
}

function isAlive({ child }: Kept): boolean {
    return child.exitCode === null && child.signalCode === null;
}

/** Where the program of a project lies, and Pulumi.yaml's options for Node; undefined where it is in another language. */
function programOf(folder: string): readonly [directory: string, options: unknown] | undefined {
    const file = path.join(folder, "Pulumi.yaml");
    if (!fs.existsSync(file)) return undefined;
    const { runtime, main = "." } = parse(fs.readFileSync(file, "utf8")) as { runtime?: unknown; main?: string };
    const { name, options = {} } = typeof runtime === "string" ? { name: runtime } : ((runtime ?? {}) as Runtime);
    const at = path.resolve(folder, main);
    const isFolder = fs.statSync(at, { throwIfNoEntry: false })?.isDirectory() ?? true;
    return name === "nodejs" ? [isFolder ? at : path.dirname(at), options] : undefined;
}

interface Runtime {
    readonly name?: string;
    readonly options?: unknown;
}

/** Starts a plugin, which ends with this process and the engines that have it. @param said where it prints to. @returns undefined where it does not begin */
async function started(file: string, cwd: string, env: NodeJS.ProcessEnv, said: number): Promise<Kept | undefined> {
    // Out of reach of Ctrl-C, as the update is: a write is never cut off.
    const child = spawn(file, [], { cwd, env, stdio: ["pipe", "pipe", said], detached: true });
    child.on("error", () => undefined);
    child.stdin?.on("error", () => undefined);
    const port = await firstLine(child);
    // From now on nobody waits for it.
    for (const stream of [child.stdin, child.stdout]) (stream as unknown as { unref(): void }).unref();
    child.unref();
    if (/^\d+$/.test(port)) return { child, port: Number(port) };
    child.kill();
    return undefined;
}

async function firstLine(child: ChildProcess): Promise<string> {
    const { stdout } = child;
    if (!stdout) return "";
    const lines = createInterface({ input: stdout });
    try {
        for await (const line of lines) return line;
        return "";
    } finally {
        lines.close();
        stdout.resume();
    }
}
