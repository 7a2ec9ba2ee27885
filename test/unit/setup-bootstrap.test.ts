import * as assert from "node:assert/strict";
import { ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { identityOf } from "../../cluster/setup/identity.mjs";

/** In place of the project's own: each notes how it was called, and the tests fail with 7 or wait for a signal. */
const upshift = `import { appendFileSync } from "node:fs";
appendFileSync("calls", "upshift " + process.argv.slice(2).join(" ") + "\\n");`;
const tests = `import { appendFileSync } from "node:fs";
appendFileSync("calls", "tests " + process.argv.slice(2).join(" ") + "\\n");
if (process.argv.includes("wait")) setInterval(() => {}, 1000); else process.exitCode = 7;
console.log("tests begin");`;

describe("bootstrap.mjs", function () {
    this.timeout(60_000);
    let project: string;
    before(() => (project = makeProject()));
    beforeEach(() => fs.rmSync(path.join(project, "calls"), { force: true }));
    after(() => fs.rmSync(project, { recursive: true }));

    it("installs the packages, sets up, then runs the tests with their arguments, and passes their exit code on", async () => {
        const { code, output } = await ended(start("test", "--grep", "split"));
        assert.equal(code, 7, output);
        assert.match(output, /Installing npm packages/);
        assert.equal(calls().at(-1), "tests --grep split");
    });

    it("installs nothing again while the lock file stays, and lets npx find upshift", async () => {
        const { output } = await ended(start("test"));
        assert.doesNotMatch(output, /Installing npm packages/);
        const linked = fs.realpathSync(path.join(project, "node_modules/.bin/upshift"));
        assert.equal(linked, fs.realpathSync(path.join(project, "bin/upshift.mjs")));
    });

    it("installs once where two begin at the same time on a bare clone, and both go on", async () => {
        fs.rmSync(path.join(project, "node_modules"), { recursive: true, force: true });
        const both = await Promise.all([ended(start("test")), ended(start("test"))]);
        assert.deepEqual(
            both.map(({ code }) => code),
            [7, 7],
            both.map(({ output }) => output).join("\n"),
        );
        const said = both.map(({ output }) => output).join("");
        assert.equal(said.match(/Installing npm packages/g)?.length, 1, said);
        assert.ok(fs.existsSync(path.join(project, "node_modules/here")));
    });

    it("waits for the one that installs, and ends at once when it is told to", async () => {
        const lock = path.join(project, ".upshift/npm.lock");
        fs.symlinkSync(identityOf(process.pid) ?? "", lock);
        const child = start("test");
        child.stdout?.on("data", (text) => String(text).includes("Waiting for process") && child.kill("SIGINT"));
        const { code, output } = await ended(child);
        fs.rmSync(lock);
        assert.equal(code, 130, output);
        assert.match(output, new RegExp(`Waiting for process ${process.pid}, which installs the npm packages\\.`));
    });

    it("installs again after an installation that was interrupted", async () => {
        fs.rmSync(path.join(project, "node_modules/.upshift-stamp"));
        assert.match((await ended(start("test"))).output, /Installing npm packages/);
    });

    for (const [signal, expected] of [
        ["SIGINT", 130],
        ["SIGTERM", 143],
    ] as const) {
        it(`ends what it runs on ${signal} and exits with ${expected}`, async () => {
            const child = start("test", "wait");
            child.stdout?.on("data", (text) => String(text).includes("tests begin") && child.kill(signal));
            assert.equal((await ended(child)).code, expected);
        });
    }

    it("says how it is called when it is called otherwise", async () => {
        const { code, output } = await ended(start("stop"));
        assert.deepEqual([code, /usage: .* start\|test/.test(output)], [2, true]);
    });

    function start(...args: string[]): ChildProcess {
        const env = { ...process.env, XDG_CACHE_HOME: path.join(project, "cache") };
        return spawn(process.execPath, ["cluster/setup/bootstrap.mjs", ...args], { cwd: project, env });
    }

    function calls(): string[] {
        return fs.readFileSync(path.join(project, "calls"), "utf8").trimEnd().split("\n");
    }
});

/** A project with the real bootstrap and next to nothing to install. */
function makeProject(): string {
    const project = fs.mkdtempSync(path.join(os.tmpdir(), "bootstrap-"));
    const files = { "bin/upshift.mjs": upshift, "test/run.mjs": tests, ...manifests() };
    for (const name of ["bootstrap", "identity", "lock", "machine", "requirements", "target"]) {
        const file = `cluster/setup/${name}.mjs`;
        Object.assign(files, { [file]: fs.readFileSync(path.join(projectRoot(), file), "utf8") });
    }
    for (const [file, text] of Object.entries(files)) {
        fs.mkdirSync(path.dirname(path.join(project, file)), { recursive: true });
        fs.writeFileSync(path.join(project, file), text);
    }
    return project;
}

/** One dependency that lies in the project: npm makes no node_modules for none, and this needs no network. */
function manifests(): Record<string, string> {
    const project = { name: "nearly-empty", version: "1.0.0", dependencies: { here: "file:here" } };
    const here = { name: "here", version: "1.0.0" };
    const packages = { "": project, here, "node_modules/here": { resolved: "here", link: true } };
    return {
        "package.json": JSON.stringify({ ...project, engines: { node: ">=20" } }),
        "package-lock.json": JSON.stringify({ ...project, lockfileVersion: 3, requires: true, packages }),
        "here/package.json": JSON.stringify(here),
    };
}

async function ended(child: ChildProcess): Promise<{ code: number | null; output: string }> {
    let output = "";
    for (const stream of [child.stdout, child.stderr])
        stream?.on("data", (text: Buffer) => (output += text.toString()));
    const code = await new Promise<number | null>((resolve) => child.on("close", resolve));
    return { code, output };
}
