import * as assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { projectRoot } from "../../cluster/paths";
import { isAlive } from "../../rollout/repair";
import { type Sandbox, sandbox } from "../support/pulumi";

/** What the program saw at one of its runs. */
interface Seen {
    readonly pid: number;
    readonly host: number;
    readonly n: number;
    readonly isFirst: boolean;
    readonly wasReady: boolean;
    /** Whether a large package was loaded that the program itself does not ask for. */
    readonly isLoaded: boolean;
    /** With what the CLI was started that made the update. */
    readonly cli: readonly string[];
}

const program = `
    import * as fs from "node:fs";
    import * as pulumi from "@pulumi/pulumi";
    import * as random from "@pulumi/random";
    const n = new pulumi.Config().requireNumber("n");
    const here = globalThis as { ran?: boolean };
    const wasReady = /ready-program/.test(require.main?.filename ?? "");
    const isLoaded = require.resolve("@pulumi/kubernetes") in require.cache;
    const locks = new URL(process.env.PULUMI_BACKEND_URL + "/.pulumi/locks/organization/sandbox/dev");
    const [lock = ""] = fs.readdirSync(locks);
    const { pid: engine } = JSON.parse(fs.readFileSync(locks.pathname + "/" + lock, "utf8"));
    const cli = fs.readFileSync("/proc/" + engine + "/cmdline", "utf8").split("\\0");
    const seen = { pid: process.pid, host: process.ppid, n, isFirst: !here.ran, wasReady, isLoaded, cli };
    fs.appendFileSync("seen", JSON.stringify(seen) + "\\n");
    here.ran = true;
    console.log("n is said to be " + n);
    if (n > 100) throw new Error("the weights sum to " + n);
    const go = async (): Promise<void> => {
        while (!fs.existsSync("go")) await new Promise((done) => setTimeout(done, 20));
    };
    const make = () => new random.RandomString("name", { length: 4, keepers: { n: String(n) } });
    export const done = (async () => {
        if (n === 13) await go();
        const made = await new Promise((done) => make().result.apply(done));
        fs.writeFileSync("made", "");
        if (n === 14) await go();
        return made && n;
    })();`;

describe("the updates of a release", function () {
    this.timeout(300_000);
    const open: Sandbox[] = [];
    const started: ChildProcess[] = [];
    after(() => {
        started.forEach((child) => child.kill("SIGKILL"));
        open.forEach((made) => made.remove());
    });

    const project = async (): Promise<Sandbox> => {
        const made = await sandbox({ "index.ts": program });
        open.push(made);
        return made;
    };
    const start = ({ folder, environment }: Sandbox, ...values: number[]): ChildProcess => {
        const script = path.join(projectRoot(), "test", "support", "keptUpdates.ts");
        const args = ["--import", "tsx", script, folder, ...values.map(String)];
        const child = spawn(process.execPath, args, { cwd: projectRoot(), env: environment });
        started.push(child);
        return child;
    };
    const run = async (made: Sandbox, ...values: number[]): Promise<{ code: number | null; said: string }> => {
        const child = start(made, ...values);
        let said = "";
        for (const stream of [child.stdout, child.stderr])
            stream?.on("data", (chunk: Buffer) => (said += chunk.toString()));
        const [code] = (await once(child, "close")) as [number | null];
        return { code, said };
    };
    const seen = ({ folder }: Sandbox): Seen[] => {
        const file = path.join(folder, "seen");
        const lines = fs.existsSync(file) ? fs.readFileSync(file, "utf8").trim().split("\n") : [];
        return lines.map((line) => JSON.parse(line) as Seen);
    };
    const until = async (what: string, isSo: () => boolean | Promise<boolean>): Promise<void> => {
        const deadline = Date.now() + 60_000;
        while (!(await isSo())) {
            assert.ok(Date.now() < deadline, `not after a minute: ${what}`);
            await pause(50);
        }
    };

    it("are made with the same plugins, and each with a program of its own that waited for it, loaded, and has its own config", async () => {
        const made = await project();
        const { code, said } = await run(made, 1, 2, 3);
        assert.equal(code, 0, said);
        const runs = seen(made);
        assert.deepEqual(
            runs.map(({ n, isFirst, wasReady, isLoaded }) => [n, isFirst, wasReady, isLoaded]),
            [1, 2, 3].map((n) => [n, true, true, true]),
        );
        assert.equal(new Set(runs.map(({ pid }) => pid)).size, 3);
        // By a CLI that had begun before, too.
        for (const { cli } of runs) assert.equal(cli[1], "upshift-held", cli.join(" "));
        const hosts = new Set(runs.map(({ host }) => host));
        assert.equal(hosts.size, 1);
        assert.equal((await made.succeed("stack", "output", "done")).trim(), "3");
        for (const host of hosts) await until("the plugins are gone", () => !isAlive(host));
    });

    it("are made as Pulumi makes them where somebody has it use plugins of his own", async () => {
        const made = await project();
        const { code, said } = await run(
            { ...made, environment: { ...made.environment, PULUMI_DEBUG_PROVIDERS: "other:1" } },
            ...[1, 2],
        );
        assert.equal(code, 0, said);
        assert.equal(new Set(seen(made).map(({ host }) => host)).size, 2);
    });

    it("say of one that fails what its program printed, as any other does", async () => {
        const made = await project();
        const { code, said } = await run(made, 1, 110);
        assert.equal(code, 1);
        assert.match(said, /n is said to be 110/);
        assert.match(said, /the weights sum to 110/);
        assert.doesNotMatch(said, /n is said to be 1\n/);
    });

    for (const [n, when, file] of [
        [13, "before a provider was asked for anything", "seen"],
        [14, "when each plugin works for it", "made"],
    ] as const)
        it(`go on to their end where the release is killed ${when}, and the plugins end then`, async () => {
            const made = await project();
            const child = start(made, n);
            await until("the program runs", () => fs.existsSync(path.join(made.folder, file)));
            child.kill("SIGKILL");
            await once(child, "close");
            const [{ host } = { host: 0 }] = seen(made);
            fs.writeFileSync(path.join(made.folder, "go"), "");
            await until("the plugins are gone", () => !isAlive(host));
            await until("the update has ended", async () => {
                const { code, output } = await made.pulumi("stack", "output", "done");
                return code === 0 && output.trim() === String(n);
            });
            // Nobody has left a lock.
            await made.succeed("up", "--yes", "--skip-preview");
        });
});
