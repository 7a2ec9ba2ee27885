import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { splitCli } from "../../cluster/setup/bundle.mjs";
import { routesFor } from "../../components/traffic/split/routes";
import { annotationsFor } from "../../components/traffic/world/marks";

/** What a command has said, and how it ended. */
interface Ended {
    readonly code: number;
    readonly stdout: string;
    readonly stderr: string;
}

/** The CLI as the npm package has it, beside a project, with a stand-in for Pulumi. */
export interface InstalledCli {
    /** A Pulumi project, called `theirs`, with a stack `dev`. */
    readonly project: string;
    /** Its config file. */
    readonly config: string;
    /** Makes this the state of its stack. */
    applied(resources: readonly object[]): void;
    /** Runs the CLI in a folder that is no project. */
    run(line: string): Promise<Ended>;
    remove(): void;
}

/** Pulumi as far as it reads and writes: a file for the config, one for the state, one for a stack's tag. No update gets anywhere. */
const standIn = (root: string): string => `#!${process.execPath}
const fs = require("node:fs"), path = require("node:path");
const { parse, parseDocument } = require(${JSON.stringify(path.join(root, "node_modules", "yaml"))});
const tools = __dirname, config = path.resolve("Pulumi.dev.yaml"), tag = path.join(tools, "tag");
const args = process.argv.slice(2), line = args.join(" ");
const fails = (words) => { console.error("error: " + words); process.exit(1); };
const document = () => parseDocument(fs.readFileSync(config, "utf8"));
const keys = (at) => { const [key, ...rest] = at.split("."); return ["config", "theirs:" + key, ...rest]; };
if (line.includes("--stack absent")) fails("no stack named 'absent' found");
else if (line.startsWith("stack export")) console.log(fs.readFileSync(path.join(tools, "state.json"), "utf8"));
else if (line.startsWith("stack tag set")) fs.writeFileSync(tag, args[4]);
else if (line.startsWith("stack tag get")) console.log(fs.readFileSync(tag, "utf8"));
else if (line.startsWith("stack ls")) console.log(JSON.stringify(line.includes("--tag") && !fs.existsSync(tag) ? [] : [{ name: "dev" }]));
else if (line.startsWith("config --json")) {
    const values = Object.entries(document().toJS().config ?? {});
    const said = values.map(([key, value]) => [key, { value: typeof value === "object" ? JSON.stringify(value) : String(value) }]);
    console.log(JSON.stringify(Object.fromEntries(said)));
} else if (line.startsWith("config set-all")) {
    const all = document();
    for (const pair of args.filter((_, index) => args[index - 1] === "--plaintext")) {
        const [at, ...value] = pair.split("=");
        all.setIn(keys(at), parse(value.join("=")));
    }
    fs.writeFileSync(config, String(all));
} else if (line.startsWith("config rm")) {
    const all = document();
    all.deleteIn(keys(args[args.indexOf("--path") + 1]));
    fs.writeFileSync(config, String(all));
} else fails("the stand-in has no " + line);
`;

/** Builds it, in a folder of its own. */
export async function installedCli(): Promise<InstalledCli> {
    const root = projectRoot();
    const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "installed-cli-")));
    const [project, tools, own] = ["theirs", "tools", "node_modules/upshift"].map((name) =>
        path.join(folder, name),
    ) as [string, string, string];
    for (const one of [project, tools, path.join(own, "bin"), path.join(folder, "nowhere")])
        fs.mkdirSync(one, { recursive: true });
    for (const file of ["bin/upshift.mjs", "package.json"])
        fs.copyFileSync(path.join(root, file), path.join(own, file));
    const config = path.join(project, "Pulumi.dev.yaml");
    fs.writeFileSync(path.join(project, "Pulumi.yaml"), "name: theirs\nruntime: yaml\n");
    fs.writeFileSync(config, "config: {}\n");
    fs.writeFileSync(path.join(tools, "pulumi"), standIn(root), { mode: 0o755 });
    const applied = (resources: readonly object[]): void =>
        fs.writeFileSync(path.join(tools, "state.json"), JSON.stringify({ version: 3, deployment: { resources } }));
    applied([]);
    await splitCli(path.join(own, "dist", "cli"));
    const env = {
        PATH: [tools, "/usr/bin", "/bin"].join(path.delimiter),
        HOME: folder,
        XDG_CACHE_HOME: path.join(folder, "cache"),
    };
    const run = (line: string): Promise<Ended> =>
        new Promise((resolve) => {
            const args = [path.join(own, "bin", "upshift.mjs"), ...line.split(" ")];
            const cwd = path.join(folder, "nowhere");
            execFile(process.execPath, args, { cwd, env }, (error, stdout, stderr) =>
                resolve({ code: Number(error?.code ?? 0), stdout, stderr }),
            );
        });
    return { project, config, applied, run, remove: () => fs.rmSync(folder, { recursive: true, force: true }) };
}

/** A split of the service web, with all users on the first of two versions and a limit of 25 points, and the provider that has made it. */
export function splitInState(): object[] {
    const urn = (type: string, name: string): string => `urn:pulumi:dev::theirs::${type}::${name}`;
    const provider = urn("pulumi:providers:kubernetes", "cluster");
    const type = "kubernetes:networking.istio.io/v1:VirtualService";
    const marks = { service: "web", stable: "v1", maxRaise: 25 };
    const inputs = {
        metadata: { name: "web-vs", namespace: "shop", annotations: annotationsFor(marks) },
        spec: routesFor({ host: "web", versions: ["v1", "v2"], weights: { v1: 100, v2: 0 } }),
    };
    const reached = { kubeconfig: "/nowhere/kubeconfig", context: "theirs" };
    return [
        { urn: urn("pulumi:pulumi:Stack", "theirs-dev"), type: "pulumi:pulumi:Stack" },
        { urn: provider, id: "one", type: "pulumi:providers:kubernetes", inputs: reached, outputs: reached },
        { urn: urn(type, "web-vs"), id: "shop/web-vs", type, inputs, outputs: inputs, provider: `${provider}::one` },
    ];
}
