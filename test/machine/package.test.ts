import * as grpc from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import { GetSchemaRequest, type GetSchemaResponse } from "@pulumi/pulumi/proto/provider_pb";
import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { version } from "../../package.json";
import { installed, type Installed } from "../support/installed";

/** What somebody writes who has never seen this repository. */
const program = `
import * as k8s from "@pulumi/kubernetes";
import { Strategy, TrafficSplit, VersionedService, type TrafficSplitArgs } from "upshift";

const namespace = new k8s.core.v1.Namespace("shop").metadata.name;
const versions = [{ name: "v1", image: "registry/review:1" }, { name: "v2", image: "registry/review:2" }];
const review = new VersionedService("review", { namespace, versions });
const split: TrafficSplitArgs = { namespace, versions: review.versions, weights: { v1: 80, v2: 20 }, strategy: Strategy.Mesh };
export const { weights } = new TrafficSplit("review", { ...split, step: { limits: { maxRaise: 20 } } }, { dependsOn: review });
// @ts-expect-error A weight is a number: the types are there, and are ours.
export const wrong = new TrafficSplit("wrong", { ...split, weights: { v1: "all" } });
`;

const pack = `
import { PolicyPack } from "@pulumi/policy";
import { policies } from "upshift/policies";

new PolicyPack("theirs", { policies: policies.filter(({ name }) => name !== "second-person") });
`;

/** What may be in the package: what it was built to, and what Pulumi and people read. */
const fitting = [
    /^(package\.json|README\.md|CHANGELOG\.md)$/,
    // The pages, and what they link to.
    /^(docs\/[\w-]+\.(md|svg)|systems\/\w+\/README\.md|audit\/explained\.yaml|examples\/.*)$/,
    /^bin\/upshift\.mjs$/,
    /^dist\/((index|policies|plugin)\.js(\.map)?|kubernetes-client\.cjs)$/,
    /^dist\/cli\/[\w-]+\.cjs$/,
    /^dist\/types\/(components|policies)\/[\w/]+\.d\.ts$/,
    /^plugin\/(PulumiPlugin\.yaml|main\.cjs|package\.json|schema\.json)$/,
];

describe("the npm package, installed in an empty folder", function () {
    this.timeout(300_000);
    let theirs: Installed;

    before(async () => (theirs = await installed()));
    after(() => theirs?.remove());

    it("holds what was built, and neither sources, tests nor the demo systems", () => {
        assert.deepEqual(
            theirs.files.filter((file) => !fitting.some((pattern) => pattern.test(file))),
            [],
        );
        assert.deepEqual(
            theirs.files.filter((file) => file.startsWith("dist/types/systems")),
            [],
        );
        for (const file of [
            "dist/index.js",
            "dist/index.js.map",
            "dist/cli/cli.cjs",
            "dist/cli/compile-cache.cjs",
            "dist/kubernetes-client.cjs",
            "plugin/schema.json",
            "README.md",
        ])
            assert.ok(theirs.files.includes(file), `${file} is not in the package`);
    });
    const compile = async (source: string, ...options: string[]): Promise<void> => {
        fs.writeFileSync(path.join(theirs.folder, "index.ts"), source);
        const check = theirs.run("node_modules/typescript/bin/tsc", "--noEmit", "--strict", ...options, "index.ts");
        await check.catch((error: { stdout?: string }) => assert.fail(error.stdout));
    };
    it("has types that hold by themselves, as Node resolves modules", () => compile(program, "--module", "nodenext"));
    // The policy SDK's own types do not hold.
    it("has the policies for a pack of one's own, as bundlers resolve modules", () =>
        compile(pack, "--module", "preserve", "--moduleResolution", "bundler", "--skipLibCheck"));
    it("is imported from both kinds of modules, and that runs nothing: no process, no request, no file", async () => {
        const watch = `
            const cp = require("node:child_process"), fs = require("node:fs"), net = require("node:net");
            for (const [module, names] of [[cp, ["spawn", "spawnSync", "execFile", "execFileSync", "fork"]], [net, ["connect", "createConnection", "createServer"]],
                [fs, ["writeFileSync", "writeFile", "mkdirSync", "mkdir", "appendFileSync", "createWriteStream"]]])
                for (const name of names) module[name] = () => { throw new Error("importing it calls " + name); };
        `;
        const left = `process.on("exit", () => console.log(JSON.stringify(process.getActiveResourcesInfo().filter((one) => one !== "PipeWrap" && one !== "TTYWrap"))))`;
        fs.writeFileSync(path.join(theirs.folder, "watch.cjs"), watch);
        fs.writeFileSync(
            path.join(theirs.folder, "import.cjs"),
            `${left};\nconsole.log(Object.keys(require("upshift")).sort().join());\n`,
        );
        fs.writeFileSync(
            path.join(theirs.folder, "import.mjs"),
            `${left};\nconst { TrafficSplit } = await import("upshift");\nconst { policies } = await import("upshift/policies");\nconsole.log(typeof TrafficSplit, policies.length > 10);\n`,
        );
        const before = fs.readdirSync(theirs.folder);
        const required = await theirs.run(process.execPath, "--require", "./watch.cjs", "import.cjs");
        assert.equal(required.stdout, `${exported.join()}\n[]\n`);
        const imported = await theirs.run(process.execPath, "--require", "./watch.cjs", "import.mjs");
        assert.equal(imported.stdout, "function true\n[]\n");
        assert.deepEqual([required.stderr, imported.stderr], ["", ""]);
        assert.deepEqual(fs.readdirSync(theirs.folder), before);
    });
    it("has source maps that lead to the sources", async () => {
        const fails = `try { new (require("upshift").TrafficSplit)("a", { namespace: "a", versions: ["v1"], weights: {} }); } catch (error) { console.log(error.stack); }`;
        const { stdout } = await theirs.run(process.execPath, "--enable-source-maps", "--eval", fails);
        assert.match(stdout, /weights\.a: no version has a weight, and weights must sum to 100/);
        assert.match(stdout, /components\/split\/TrafficSplit\.ts:\d+:\d+/);
    });
    it("serves the components to programs in other languages, from what was built", async () => {
        const main = `require("./node_modules/upshift/plugin/main.cjs")()`;
        const engine = "127.0.0.1:1";
        const serving = spawn(process.execPath, ["--eval", main, "plugin", engine], { cwd: theirs.folder });
        try {
            const [port] = (await once(serving.stdout, "data")) as [Buffer];
            const address = `127.0.0.1:${port.toString().trim()}`;
            const client = new ResourceProviderClient(address, grpc.credentials.createInsecure());
            const answer = await new Promise<GetSchemaResponse>((resolve, reject) =>
                client.getSchema(new GetSchemaRequest(), (error, response) =>
                    error ? reject(error) : resolve(response),
                ),
            );
            client.close();
            const written = fs.readFileSync(path.join(projectRoot(), "plugin/schema.json"), "utf8");
            assert.deepEqual(JSON.parse(answer.getSchema()), JSON.parse(written));
        } finally {
            serving.kill();
        }
    });
    it("has the CLI, with the commands that are for any project", async () => {
        const upshift = (...args: string[]) => theirs.run("npx", "--no-install", "upshift", ...args);
        assert.equal((await upshift("--version")).stdout, `${version}\n`);
        for (const command of ["plan", "guard", "status", "route", "graph", "verify", "restore"])
            assert.match((await upshift(command, "--help")).stdout, /--cwd <folder>/);
        await assert.rejects(upshift("demo"), ({ stderr }: { stderr: string }) =>
            /`upshift demo` is for a checkout of upshift.*\n {2}fix: upshift --help/.test(stderr),
        );
        for (const command of ["plan", "status", "guard"])
            await assert.rejects(
                upshift(command),
                ({ stderr, code }: { stderr: string; code: number }) =>
                    code === 2 &&
                    /There is no Pulumi\.yaml in .*\n {2}fix: cd to your Pulumi project, or name it: --cwd FOLDER/.test(
                        stderr,
                    ),
            );
    });
});

/** The public API: what a program may import as a value. A name that is added or goes away is told in the changelog. */
const exported = [
    ...["Addons", "Gateway", "Ingress", "Istio", "ProxyMetrics", "RateLimit", "ReplicaSplit", "StepAdmission"],
    ...["Strategy", "TokenCheck", "TrafficSplit", "VersionedService"],
];
