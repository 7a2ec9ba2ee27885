import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { saidBefore } from "../../rollout/config/saidBefore";

describe("what Pulumi said before of a stack's config", () => {
    let folder: string;
    let cache: string | undefined;
    let asked: number;
    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "said-"));
        cache = process.env.XDG_CACHE_HOME;
        process.env.XDG_CACHE_HOME = path.join(folder, "cache");
        asked = 0;
        write("Pulumi.yaml", "name: web\nruntime: nodejs\n");
        write("Pulumi.dev.yaml", "config:\n  web:weights: {}\n");
        write("state/.pulumi/stacks/web/dev.json", "{}");
    });
    afterEach(() => {
        if (cache === undefined) delete process.env.XDG_CACHE_HOME;
        else process.env.XDG_CACHE_HOME = cache;
        fs.rmSync(folder, { recursive: true, force: true });
    });

    function write(name: string, text: string): void {
        fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        fs.writeFileSync(path.join(folder, name), text);
    }
    const say = (env: NodeJS.ProcessEnv = {}, meanwhile = (): void => undefined): Promise<unknown> => {
        const PULUMI_BACKEND_URL = `file://${folder}/state`;
        return saidBefore({ stack: "dev", folder, env: { PULUMI_BACKEND_URL, ...env } }, () => {
            meanwhile();
            return Promise.resolve(++asked);
        });
    };

    it("is said again of the same files, by any process, and only its user may read it", async () => {
        assert.deepEqual([await say(), await say()], [1, 1]);
        const kept = path.join(folder, "cache", "upshift", "config");
        const [file = ""] = fs.readdirSync(kept);
        assert.equal(fs.statSync(path.join(kept, file)).mode & 0o777, 0o600);
    });
    for (const [what, change] of Object.entries<() => void>({
        "the stack's file": () => write("Pulumi.dev.yaml", "config:\n  web:weights: []\n"),
        "the project's file": () => write("Pulumi.yaml", "name: web\nruntime: go\n"),
    }))
        it(`is asked for anew once ${what} has changed`, async () => {
            assert.equal(await say(), 1);
            change();
            assert.equal(await say(), 2);
        });
    it("is asked for anew with other settings of Pulumi's", async () => {
        assert.equal(await say(), 1);
        assert.equal(await say({ PULUMI_OPTION_CONFIG_FILE: "other.yaml" }), 2);
    });
    it("is not kept where the file has changed while Pulumi was asked", async () => {
        assert.equal(await say({}, () => write("Pulumi.dev.yaml", "config: {}\n")), 1);
        assert.equal(await say(), 2);
    });
    it("is asked for each time where more than files decides", async () => {
        const twice = async (env: NodeJS.ProcessEnv = {}): Promise<void> => {
            const first = await say(env);
            assert.notEqual(await say(env), first);
        };
        await twice({ PULUMI_BACKEND_URL: "s3://states" });
        await twice({ PULUMI_BACKEND_URL: undefined });
        await twice({ PULUMI_OPTION_CONFIG_FILE: "other.yaml" });
        write("Pulumi.yaml", "name: web\nruntime: nodejs\nconfig: configs\n");
        await twice();
        write("Pulumi.yaml", "{name: web, runtime: nodejs, stackConfigDir: configs}\n");
        await twice();
        write("Pulumi.yaml", "name: web\nruntime: nodejs\n");
        write("Pulumi.dev.yaml", "{environment: [shared]}\n");
        await twice();
        write("Pulumi.dev.yaml", "environment: [shared]\n");
        await twice();
        write("Pulumi.dev.yaml", "config: {}\n");
        fs.rmSync(path.join(folder, "state/.pulumi/stacks/web/dev.json"));
        await twice();
        fs.rmSync(path.join(folder, "Pulumi.dev.yaml"));
        await twice();
    });
    it("is asked for where what was kept is damaged, or nothing can be kept", async () => {
        assert.equal(await say(), 1);
        const kept = path.join(folder, "cache", "upshift", "config");
        for (const file of fs.readdirSync(kept)) fs.writeFileSync(path.join(kept, file), "{");
        assert.equal(await say(), 2);
        fs.rmSync(path.join(folder, "cache"), { recursive: true });
        write("cache", "a file");
        assert.equal(await say(), 3);
    });
});
