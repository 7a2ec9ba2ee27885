import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { projectRoot } from "../../cluster/paths";
import { type Sandbox, sandbox } from "../support/pulumi";

describe("the embedded nodejs language host", function () {
    this.timeout(600_000);
    const open: Sandbox[] = [];
    const project = async (...args: Parameters<typeof sandbox>): Promise<Sandbox> => {
        const made = await sandbox(...args);
        open.push(made);
        return made;
    };
    after(() => open.forEach((made) => made.remove()));

    it("previews a TypeScript program and changes nothing", async () => {
        const { pulumi, resources } = await project({
            "index.ts": "enum Size { one = 1 }\nexport const size: number = Size.one;",
        });
        const { code, output } = await pulumi("preview");
        assert.equal(code, 0, output);
        assert.match(output, /size: 1\n/);
        assert.doesNotMatch(output, /warning/);
        assert.deepEqual(await resources(), []);
    });

    it("gives a program its config, its secrets and the names of project, stack and organization", async () => {
        const { succeed } = await project({
            "index.ts": `
                import * as pulumi from "@pulumi/pulumi";
                const config = new pulumi.Config();
                export const weights = config.requireObject<Record<string, number>>("weights");
                export const token = config.requireSecret("token");
                export const names = [pulumi.getOrganization(), pulumi.getProject(), pulumi.getStack(), pulumi.getRootDirectory()];
                export const region = new pulumi.Config("cloud").require("region");
                export const isPreview = pulumi.runtime.isDryRun();`,
        });
        await succeed("config", "set", "--path", "weights.v1", "80");
        await succeed("config", "set", "--secret", "token", "open sesame");
        await succeed("config", "set", "cloud:region", "north:1");
        assert.match(await succeed("preview"), /isPreview: true/);
        const output = await succeed("up", "--yes", "--skip-preview");
        assert.match(output, /token *: \[secret\]/);
        assert.doesNotMatch(output, /open sesame/);
        const outputs: unknown = JSON.parse(await succeed("stack", "output", "--json", "--show-secrets"));
        assert.deepEqual(outputs, {
            weights: { v1: 80 },
            token: "open sesame",
            names: ["organization", "sandbox", "dev", open.at(-1)?.folder],
            region: "north:1",
            isPreview: false,
        });
    });

    it("shows what a program prints, and why it failed, and nothing more", async () => {
        const { pulumi } = await project({
            "index.ts": 'console.log("as it goes");\nthrow new Error("the weights sum to 110");',
        });
        const { code, output } = await pulumi("preview");
        assert.notEqual(code, 0);
        assert.match(output, /as it goes/);
        assert.match(output, /failed with an unhandled exception:\s+Error: the weights sum to 110/);
        assert.match(output, /index\.ts:2/);
        assert.doesNotMatch(output, /non-zero exit code/);
    });

    it("names the exit code of a program that ends by itself", async () => {
        const { pulumi } = await project({ "index.ts": "process.exit(3);" });
        assert.match((await pulumi("preview")).output, /Program exited with non-zero exit code: 3/);
    });

    it("hands node its arguments as a shell would, quotes and all", async () => {
        const { succeed } = await project({
            "Pulumi.yaml": `{name: sandbox, runtime: {name: nodejs, options: {typescript: false, nodeargs: "--import tsx --title 'two words'"}}}`,
            "index.ts": "export const title = process.title;",
        });
        assert.match(await succeed("preview"), /title: "two words"/);
    });

    it("runs TypeScript through the project's own loader, and names the lines of the sources", async () => {
        const loader = path.join(projectRoot(), "plugins/language/typescript.mjs");
        const { pulumi } = await project({
            "Pulumi.yaml": `{name: sandbox, runtime: {name: nodejs, options: {typescript: false, nodeargs: "--import '${loader}'"}}}`,
            "index.ts": 'import { refuse } from "./lib/refuse";\n\nrefuse({ why: "too much" });',
            "lib/refuse.ts":
                "interface Reason {\n    why: string;\n}\nexport function refuse({ why }: Reason): never {\n    throw new Error(why);\n}",
        });
        assert.match((await pulumi("preview")).output, /Error: too much\s+at refuse .*lib\/refuse\.ts:5:11/);
    });

    it("shows the SDK's debug messages to whoever asks for them, through the project's own loader", async () => {
        const loader = path.join(projectRoot(), "plugins/language/typescript.mjs");
        const { succeed } = await project({
            "Pulumi.yaml": `{name: sandbox, runtime: {name: nodejs, options: {typescript: false, nodeargs: "--import '${loader}'"}}}`,
            "index.ts": 'import * as pulumi from "@pulumi/pulumi";\nnew pulumi.ComponentResource("a:b:C", "one");',
        });
        assert.doesNotMatch(await succeed("preview"), /Registering resource/i);
        assert.match(await succeed("preview", "--debug"), /debug: Registering resource: t=a:b:C, name=one/);
    });

    it("loads what the SDK seldom uses only when it is used, through the project's own loader", async () => {
        const loader = path.join(projectRoot(), "plugins/language/typescript.mjs");
        const { pulumi } = await project({
            "Pulumi.yaml": `{name: sandbox, runtime: {name: nodejs, options: {typescript: false, nodeargs: "--import '${loader}'"}}}`,
            "index.ts": [
                'import * as pulumi from "@pulumi/pulumi";',
                'import * as k8s from "@pulumi/kubernetes";',
                "const answer = 42;",
                "const seldom = /\\/(typescript|normalize-package-data|createClosure|js-yaml|glob)(?=[./])/;",
                "const loaded = () => [...new Set(Object.keys(require.cache).flatMap((file) => seldom.exec(file)?.[1] ?? []))].sort().join();",
                "const group = typeof k8s.yaml.ConfigGroup;",
                "const before = loaded();",
                "const text = pulumi.output(pulumi.runtime.serializeFunction(() => answer)).text;",
                'export const order = text.apply((code) => `[${before}] ${group} ${code.includes("answer")} [${loaded()}]`);',
            ].join("\n"),
        });
        assert.match((await pulumi("preview")).output, /order: "\[\] function true \[createClosure,typescript\]"/);
    });

    it("tells of a promise that is left over, and where it was made if that is asked for", async () => {
        const files = {
            "index.ts": `import * as pulumi from "@pulumi/pulumi";
class Waiting extends pulumi.ComponentResource {}
new Waiting("test:index:Waiting", "forever", { never: new Promise(() => undefined) }, {}, true);`,
        };
        const told = await (await project(files)).pulumi("preview");
        assert.match(told.output, /promises? (was|were) still active/);
        const asked = await (await project(files, { PULUMI_DEBUG_PROMISE_LEAKS: "true" })).pulumi("preview");
        assert.match(asked.output, /STACK_TRACE:[^]*index\.ts:3:1/);
    });

    it("runs TypeScript through ts-node when Pulumi.yaml has no options, and so checks its types", async () => {
        const { pulumi } = await project({
            "Pulumi.yaml": "{name: sandbox, runtime: nodejs}",
            "tsconfig.json": '{ "compilerOptions": { "strict": true, "types": [], "skipLibCheck": true } }',
            "index.ts": 'export const size: number = "one";',
        });
        assert.match((await pulumi("preview")).output, /Type 'string' is not assignable to type 'number'/);
    });

    it("says so when the SDK is not installed", async () => {
        const { folder, pulumi } = await project({ "index.ts": "" });
        fs.rmSync(path.join(folder, "node_modules"));
        assert.match(
            (await pulumi("preview")).output,
            /the Pulumi SDK has not been installed. Have you run pulumi install\?/,
        );
    });

    it("installs from the lock file and runs no package's scripts", async () => {
        const { folder, succeed } = await project({
            "package.json": '{ "name": "locked", "version": "1.0.0", "scripts": { "postinstall": "touch ran" } }',
            "package-lock.json":
                '{ "name": "locked", "version": "1.0.0", "lockfileVersion": 3, "packages": { "": { "name": "locked", "version": "1.0.0" } } }',
        });
        fs.rmSync(path.join(folder, "node_modules"));
        await succeed("install");
        assert.ok(!fs.existsSync(path.join(folder, "ran")));
    });

    it("lists a program's dependencies from its lock file", async () => {
        const { succeed } = await project({
            "index.ts": "",
            "package-lock.json": JSON.stringify({
                lockfileVersion: 3,
                packages: {
                    "": { dependencies: { "@scope/direct": "^1.0.0" } },
                    "node_modules/@scope/direct": { version: "1.2.3" },
                    "node_modules/brought": { version: "4.5.6" },
                },
            }),
        });
        const about = JSON.parse(await succeed("about", "--json")) as {
            dependencies: unknown;
            runtime: { version: string };
        };
        assert.deepEqual(about.dependencies, [{ name: "@scope/direct", version: "1.2.3" }]);
        assert.equal(about.runtime.version, process.version);
    });

    it("lets a hook refuse an update, in the preview and in the update", async () => {
        const { pulumi, succeed, resources } = await project({
            "index.ts": `
                import * as pulumi from "@pulumi/pulumi";
                const guard = new pulumi.ResourceHook("guard", ({ oldInputs, newInputs }) => {
                    const [from, to] = [oldInputs, newInputs].map((inputs) => (inputs as { input: number }).input);
                    if (to - from > 25) throw new Error(\`a raise from \${from} to \${to} is too much\`);
                }, { onDryRun: true });
                const input = new pulumi.Config().requireNumber("weight");
                new pulumi.Stash("weights", { input }, { hooks: { beforeUpdate: [guard] } });`,
        });
        await succeed("config", "set", "weight", "25");
        await succeed("up", "--yes", "--skip-preview");
        await succeed("config", "set", "weight", "99");
        for (const args of [["preview"], ["up", "--yes", "--skip-preview"]]) {
            const { code, output } = await pulumi(...args);
            assert.notEqual(code, 0);
            assert.match(output, /a raise from 25 to 99 is too much/);
        }
        const stash = (await resources()).find(({ type }) => type === "pulumi:index:Stash");
        assert.equal(stash?.inputs?.input, 25);
    });

    const waiting = { "index.ts": 'console.error("pid", process.pid);\nsetInterval(() => {}, 1000);' };

    it("ends the program when the user interrupts", async () => {
        const running = (await project(waiting)).start("preview");
        const pid = Number((await running.printed(/pid (\d+)/))[1]);
        running.process.kill("SIGINT");
        assert.match((await running.ended).output, /preview canceled/);
        await gone(pid);
    });

    it("ends the program when the CLI is killed", async () => {
        const running = (await project(waiting)).start("preview");
        const pid = Number((await running.printed(/pid (\d+)/))[1]);
        running.process.kill("SIGKILL");
        await gone(pid);
    });

    it("runs a policy pack that knows its stack, and shows its violations", async () => {
        const { pulumi } = await project({
            "index.ts": 'import * as pulumi from "@pulumi/pulumi";\nnew pulumi.Stash("weights", { input: 1 });',
            "pack/PulumiPolicy.yaml": "{runtime: {name: nodejs, options: {typescript: false}}}",
            "pack/package.json": '{ "name": "pack", "version": "1.0.0", "main": "pack.js" }',
            "pack/pack.js": policyPack,
        });
        const { code, output } = await pulumi("preview", "--policy-pack", "pack");
        assert.notEqual(code, 0);
        assert.match(output, /weights of sandbox\/dev in preview true/);
    });

    it("says why a policy pack does not start", async () => {
        const { pulumi } = await project({
            "index.ts": "",
            "pack/PulumiPolicy.yaml": "runtime: nodejs",
            "pack/package.json": '{ "name": "pack", "version": "1.0.0" }',
            "pack/index.js": 'throw new Error("a policy without a name");',
        });
        const { code, output } = await pulumi("preview", "--policy-pack", "pack");
        assert.notEqual(code, 0);
        assert.match(output, /a policy without a name/);
    });

    it("lets nothing through when a policy pack dies, and hands its last words on", async () => {
        const { pulumi } = await project({
            "index.ts": 'import * as pulumi from "@pulumi/pulumi";\nnew pulumi.Stash("weights", { input: 1 });',
            "pack/PulumiPolicy.yaml": "{runtime: {name: nodejs, options: {typescript: false}}}",
            "pack/package.json": '{ "name": "pack", "version": "1.0.0", "main": "pack.js" }',
            "pack/pack.js": `
                const die = ({ name }) => { console.error("fell over " + name); process.exit(3); };
                const policy = { name: "clumsy", description: "Falls over.", validateResource: die };
                new (require("@pulumi/policy").PolicyPack)("pack", { policies: [policy] });`,
        });
        const { code, output } = await pulumi("preview", "--policy-pack", "pack");
        assert.notEqual(code, 0);
        assert.match(output, /fell over/);
        assert.match(output, /failed to run (policy|remediation)/);
    });

    it("runs a component package beside the program", async () => {
        const { succeed } = await project({
            "Pulumi.yaml": `{name: sandbox, runtime: {name: nodejs, options: {typescript: false, nodeargs: "--import tsx"}}, plugins: {providers: [{name: greeting, path: ./greeting}]}}`,
            "index.ts": `
                import * as pulumi from "@pulumi/pulumi";
                class Greeting extends pulumi.ComponentResource {
                    declare readonly text: pulumi.Output<string>;
                    constructor(name: string, args: object) {
                        super("greeting:index:Greeting", name, { text: undefined, ...args }, {}, true);
                    }
                }
                export const text = new Greeting("hello", { to: "world" }).text;`,
            "greeting/PulumiPlugin.yaml": "runtime: {name: nodejs, options: {typescript: false}}",
            "greeting/package.json": '{ "name": "greeting", "version": "1.0.0", "main": "index.js" }',
            "greeting/index.js": componentPackage,
        });
        assert.match(await succeed("up", "--yes", "--skip-preview"), /text: "hello, world"/);
    });
});

/** A policy pack that is nothing but the protocol: it forbids every resource that is not the stack, and tells what it knows. */
const policyPack = `
const grpc = require("@grpc/grpc-js");
const pulumi = require("@pulumi/pulumi");
const { AnalyzerService } = require("@pulumi/pulumi/proto/analyzer_grpc_pb");
const rpc = require("@pulumi/pulumi/proto/analyzer_pb");
const { Empty } = require("google-protobuf/google/protobuf/empty_pb");
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb");

const level = rpc.EnforcementLevel.MANDATORY;
const policy = () => new rpc.PolicyInfo().setName("none").setEnforcementlevel(level);
const info = () => new rpc.AnalyzerInfo().setName("pack").setVersion("1.0.0").setPoliciesList([policy()]);
const violation = (urn) => new rpc.AnalyzeDiagnostic()
    .setPolicyname("none").setPolicypackname("pack").setPolicypackversion("1.0.0").setEnforcementlevel(level).setUrn(urn)
    .setMessage(\`weights of \${pulumi.getProject()}/\${pulumi.getStack()} in preview \${pulumi.runtime.isDryRun()}\`);

const server = new grpc.Server();
server.addService(AnalyzerService, {
    getAnalyzerInfo: (call, callback) => callback(null, info()),
    getPluginInfo: (call, callback) => callback(null, new PluginInfo().setVersion("1.0.0")),
    configure: (call, callback) => callback(null, new Empty()),
    remediate: (call, callback) => callback(null, new rpc.RemediateResponse()),
    analyze: ({ request }, callback) => {
        const forbidden = request.getType() === "pulumi:index:Stash" ? [violation(request.getUrn())] : [];
        callback(null, new rpc.AnalyzeResponse().setDiagnosticsList(forbidden));
    },
    analyzeStack: (call, callback) => callback(null, new rpc.AnalyzeResponse()),
});
server.bindAsync("127.0.0.1:0", grpc.ServerCredentials.createInsecure(), (error, port) => console.log(port));
`;

/** A component package with one component, served by the SDK. */
const componentPackage = `
const pulumi = require("@pulumi/pulumi");
pulumi.provider.main({
    version: "1.0.0",
    construct: async (name, type, inputs) => {
        const component = new pulumi.ComponentResource(type, name);
        return { urn: component.urn, state: { text: pulumi.interpolate\`hello, \${inputs.to}\` } };
    },
}, process.argv.slice(2));
`;

/** Waits until a process is no more. */
async function gone(pid: number): Promise<void> {
    const deadline = Date.now() + 10_000;
    while (isAlive(pid)) {
        assert.ok(Date.now() < deadline, `process ${pid} still runs after 10 s`);
        await sleep(20);
    }
}

function isAlive(pid: number): boolean {
    try {
        process.kill(pid, 0);
        return !fs.readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
    } catch {
        return false;
    }
}
