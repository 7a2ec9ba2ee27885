import * as assert from "node:assert/strict";
import { type ChildProcess, execFile, spawn } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { until } from "../../cluster/embedded/probes";
import { projectRoot } from "../../cluster/paths";
import { proxiesVariable } from "../../components/mesh/proxies/keptAdmin";
import { connectionOf, KeptProxies } from "../../rollout/release/keptProxies";
import { eventsOf, upshift, type Told } from "../support/cli";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { apply } from "../support/mesh";
import { Caller } from "../support/caller";
import { meshWithWeb, namespace, noMesh, projectOn, releasedProgram, setKeys, weightsOf } from "../support/ownService";
import type { Sandbox } from "../support/pulumi";

const name = "release-driver-test";
/** Enough for a gate of a few requests a second to say something soon: no figure of a real release. */
const settings = {
    bake: "10s",
    "gate.ceiling": "0.1",
    "gate.minRequests": "30",
};
const program = releasedProgram({ v1: "v1", v2: "v2", v3: "v3" });

interface Event {
    readonly kind: string;
    readonly step?: string;
    readonly verdict?: string;
    readonly outcome?: string;
    readonly goesOnFrom?: string;
    readonly seconds?: number;
}

/** On a project that is not this one: what it moves stands in that project's config and state. */
describe("upshift release, on the mesh", function () {
    this.timeout(600_000);
    this.bail(true);
    let web: Sandbox;
    let caller: Caller;
    const cli = (...args: string[]): Promise<Told> =>
        upshift([...args, "--cwd", web.folder], { ...process.env, ...web.environment });

    before("brings up a mesh with a service under load, all of it on v1", async function () {
        leaveOutWhereNoneRuns(this, name);
        await meshWithWeb(name);
        await apply(name, [namespace("own")]);
        web = await projectOn(name, program, {});
        await setKeys(web, "weights.web", { v1: 100, v2: 0, v3: 0 });
        await setKeys(web, "release.web", settings);
        await web.succeed("up", "--yes", "--skip-preview");
        caller = await Caller.start(name, "own", "web", "/cgi-bin/answer");
        await caller.got(1);
        await caller.begin();
    });
    after(async () => {
        await caller?.stop();
        web?.remove();
        await noMesh(name);
    });

    it("names the services there are where it is asked for another, and changes nothing", async () => {
        const { code, stderr } = await cli("release", "wbe", "--to", "v2");
        assert.notEqual(code, 0);
        assert.match(stderr, /splits no service wbe; it splits web\.\n {2}fix: name it: web/);
    });
    it("is killed at half, goes on where it was, and brings everybody to v2 without one failed request", async () => {
        await killedAt("50", ["--to", "v2", "--steps", "50,100"]);
        const told = await cli("release", "web", "--json");
        assert.equal(told.code, 0, told.stderr);
        const all = eventsOf<Event>(told);
        assert.equal(all[0]?.goesOnFrom, "50");
        assert.deepEqual(
            all.filter(({ verdict }) => verdict === "pass").map(({ step }) => step),
            ["50", "100"],
        );
        assert.equal(all.at(-1)?.outcome, "done");
        const got = await caller.got(50);
        assert.equal(got.failed, 0);
        assert.deepEqual(Object.keys((await caller.got(30)).answers), ["v2"]);
    });
    it("makes v2 the stable version, and nobody is moved by that", async () => {
        const { code, stdout, stderr } = await cli("finish", "web");
        assert.equal(code, 0, stderr);
        assert.match(stdout, /v2 is the stable version of web/);
        const got = await caller.got(30);
        assert.deepEqual([Object.keys(got.answers), got.failed], [["v2"], 0]);
    });
    it("gives everybody back where v3 fails one request of five, and does not start it again", async () => {
        await setKeys(web, "release.web", settings);
        const told = await cli("release", "web", "--to", "v3", "--steps", "50,100", "--json");
        assert.equal(told.code, 1, told.stderr);
        const all = eventsOf<Event>(told);
        assert.deepEqual(
            all.filter(({ kind }) => ["step", "goesBack", "back", "ends"].includes(kind)).map(({ kind }) => kind),
            ["step", "goesBack", "back", "ends"],
        );
        assert.equal(all.at(-1)?.outcome, "rolledBack");
        assert.deepEqual(await weightsOf(web), { web: { v1: 0, v2: 100, v3: 0 } });
        await caller.got(1);
        const got = await caller.got(60);
        assert.deepEqual([Object.keys(got.answers), got.failed], [["v2"], 0]);
        const again = await cli("release", "web");
        assert.match(again.stderr, /web v3 was aborted.*\n {2}fix: npx upshift release web --cwd \S+ --to v3 --again/);
    });
    it("ends where somebody aborts it while it looks at a step", async () => {
        const driver = start(["--again", "--steps", "50,100", "--bake", "10m"]);
        await driver.printed(/"kind":"applied","step":"50"/);
        const { code, stderr } = await cli("abort", "web");
        assert.equal(code, 0, stderr);
        assert.equal(await driver.code, 1);
        assert.match(driver.text(), /"outcome":"(aborted|rolledBack)"/);
        await caller.got(1);
        const got = await caller.got(60);
        assert.deepEqual([Object.keys(got.answers), got.failed], [["v2"], 0]);
    });

    it("has the program of an update ask the proxies over connections that stay open for the next one", async () => {
        const folder = fs.mkdtempSync(path.join(os.tmpdir(), "kept-proxies-"));
        const made: string[] = [];
        const kept = await KeptProxies.start(folder, (question) => {
            made.push(question.proxy.pod);
            return connectionOf(question);
        });
        const options = { cwd: web.folder, env: { ...web.environment, [proxiesVariable]: kept.socket } };
        try {
            for (const v1 of [10, 0]) {
                await setKeys(web, "weights.web", { v1, v2: 100 - v1, v3: 0 });
                await promisify(execFile)("pulumi", ["up", "--yes", "--skip-preview", "--non-interactive"], options);
                assert.notEqual(made.length, 0);
                assert.deepEqual([...new Set(made)], made);
            }
            assert.deepEqual(await weightsOf(web), { web: { v1: 0, v2: 100, v3: 0 } });
            await caller.got(1);
            const got = await caller.got(30);
            assert.deepEqual([Object.keys(got.answers), got.failed], [["v2"], 0]);
        } finally {
            kept.stop();
            fs.rmSync(folder, { recursive: true, force: true });
        }
    });

    async function killedAt(step: string, args: readonly string[]): Promise<void> {
        const driver = start(args);
        await driver.printed(new RegExp(`"kind":"applied","step":"${step}"`));
        driver.process.kill("SIGKILL");
        await driver.code;
    }

    function start(args: readonly string[]): Started {
        const all = [
            path.join(projectRoot(), "bin", "upshift.mjs"),
            "release",
            "web",
            "--cwd",
            web.folder,
            "--json",
            ...args,
        ];
        const child = spawn(process.execPath, all, {
            env: { ...process.env, ...web.environment },
            stdio: ["ignore", "pipe", "pipe"],
        });
        let printed = "";
        for (const stream of [child.stdout, child.stderr])
            stream.on("data", (chunk: Buffer) => (printed += chunk.toString()));
        const code = new Promise<number | null>((resolve) => child.once("close", resolve));
        const wait = (pattern: RegExp): Promise<void> =>
            until(() => {
                assert.match(printed, pattern);
                return Promise.resolve();
            }, 300_000);
        return { process: child, code, printed: wait, text: () => printed };
    }
});

interface Started {
    readonly process: ChildProcess;
    readonly code: Promise<number | null>;
    printed(pattern: RegExp): Promise<void>;
    text(): string;
}
