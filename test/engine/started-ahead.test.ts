import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { until } from "../../cluster/embedded/probes";
import { toolNamed, usersOwn } from "../../cluster/tools/tools";
import { type Sandbox, sandbox } from "../support/pulumi";

const program = `
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

console.log("said by the program");
new random.RandomString("s", { length: 4 });
export const ready = /ready-program/.test(require.main?.filename ?? "");
export const left = Object.keys(process.env).filter((name) => name.startsWith("UPSHIFT_STARTED") || name.startsWith("UPSHIFT_READY"));
export const at = process.cwd();
export const greeting = new pulumi.Config().get("greeting") ?? "none";
`;

/** The CLI that set-up builds starts plugins before it needs them (cluster/tools/pulumi/plugin/ahead.go). */
describe("plugins that Pulumi starts ahead", function () {
    this.timeout(120_000);
    let project: Sandbox;
    before(async function () {
        if (usersOwn(toolNamed("pulumi"))) this.skip();
        project = await sandbox({ "index.ts": program });
        await project.succeed("up", "--yes", "--skip-preview");
    });
    after(() => project?.remove());

    for (const command of [["preview"], ["up", "--yes", "--skip-preview"], ["refresh", "--yes", "--skip-preview"]])
        it(`run once each in \`pulumi ${command.join(" ")}\``, async () => {
            const starts = startsOf(project, ["pulumi-language-nodejs", "pulumi-resource-random"]);
            await project.succeed(...command);
            assert.deepEqual(starts(), ["pulumi-language-nodejs", "pulumi-resource-random"]);
        });
    it("run a program as it runs without: where it lies, with its config, and with nothing that tells of it", async () => {
        await project.succeed("config", "set", "greeting", "hello");
        const output = await project.succeed("up", "--yes", "--skip-preview");
        assert.match(output, /said by the program/);
        const told = JSON.parse(await project.succeed("stack", "output", "--json")) as Record<string, unknown>;
        const at = fs.realpathSync(project.folder);
        assert.deepEqual(told, { ready: true, left: [], at, greeting: "hello" });
    });
    it("have the history say by what the program was run", async () => {
        await project.succeed("up", "--yes", "--skip-preview");
        const [last] = JSON.parse(await project.succeed("stack", "history", "--json", "--full-dates")) as {
            environment: Record<string, string>;
        }[];
        const { environment = {} } = last ?? {};
        assert.deepEqual(
            ["name", "executable", "version", "metadata.packagemanager"].map((key) => environment[`runtime.${key}`]),
            ["nodejs", process.execPath, process.version, "npm"],
        );
    });
    for (const [what, script] of [
        ["ends before it is needed", "exit 3"],
        ["says something else than who it is", "echo 4711; exec sleep 1000"],
    ] as const)
        it(`are started again where one ${what}`, async () => {
            const isAhead = `[ -n "$UPSHIFT_STARTED_AHEAD" ] && { ${script}; }`;
            for (const name of ["pulumi-language-nodejs", "pulumi-resource-random"]) {
                const starts = startsOf(project, [name], isAhead);
                await project.succeed("preview");
                // Once ahead, once as any other, and a language host that is not there is asked who it is as ever.
                assert.ok(starts().length >= 2, name);
            }
            await until(async () => assert.deepEqual(ranIn(project.folder), []), 30_000);
        });
    it("end with a command that never needs them", async () => {
        const starts = startsOf(project, ["pulumi-language-nodejs"]);
        const file = path.join(project.folder, "Pulumi.yaml");
        fs.appendFileSync(file, "config:\n  size:\n    type: integer\n");
        const { code, output } = await project.pulumi("preview");
        assert.match(output, /missing configuration value 'size'/);
        assert.notEqual(code, 0);
        assert.deepEqual(starts(), ["pulumi-language-nodejs"]);
        await until(async () => assert.deepEqual(ranIn(project.folder), []), 30_000);
    });
});

/**
 * Has plugins of a project note from now on that they start.
 *
 * @param first what their scripts do before all else
 * @returns those that have started since, by name
 */
function startsOf(project: Sandbox, names: readonly string[], first = ":"): () => string[] {
    const home = path.dirname(project.folder);
    const notes = path.join(fs.mkdtempSync(path.join(home, "starts-")), "notes");
    const files = fs.readdirSync(path.join(home, ".upshift"), { recursive: true, encoding: "utf8" });
    for (const name of files.filter((file) => names.includes(path.basename(file)))) {
        const file = path.join(home, ".upshift", name);
        if (!fs.statSync(file).isFile()) continue;
        const [shell, mark, ...rest] = fs.readFileSync(file, "utf8").trimEnd().split("\n");
        const note = `echo ${path.basename(file)} >> ${notes}`;
        fs.writeFileSync(file, [shell, mark, note, first, rest.at(-1), ""].join("\n"));
    }
    return () => (fs.existsSync(notes) ? fs.readFileSync(notes, "utf8").trim().split("\n").sort() : []);
}

/** Processes that run in a folder. */
function ranIn(folder: string): string[] {
    return fs.readdirSync("/proc").filter((pid) => {
        try {
            return fs.readlinkSync(`/proc/${pid}/cwd`) === fs.realpathSync(folder);
        } catch {
            return false;
        }
    });
}
