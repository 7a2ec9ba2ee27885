import * as assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { identityOf } from "../../cluster/setup/identity.mjs";
import { removeLeftovers, setUpLock } from "../../cluster/setup/leftovers";
import { tidyUpServices, withoutServices, type Places } from "../../cluster/setup/noServices";

describe("set-up's installation of packages", function () {
    this.timeout(20_000);
    let folder: string;
    let places: Places;
    before(function () {
        if (process.platform !== "linux") this.skip();
    });
    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "services-"));
        places = { policy: path.join(folder, "policy-rc.d"), before: path.join(folder, "before.json"), units: folder };
    });
    afterEach(() => fs.rmSync(folder, { recursive: true }));
    /** As invoke-rc.d asks: 101 refuses, 0 allows. */
    const asked = (): number | null => spawnSync(places.policy, ["etcd", "start"]).status;

    it("lets no service start, and leaves nothing behind", async () => {
        await withoutServices(async () => assert.equal(asked(), 101), places);
        await assert.rejects(
            withoutServices(() => Promise.reject(new Error("no network")), places),
            /no network/,
        );
        assert.deepEqual(fs.readdirSync(folder), []);
    });

    it("leaves nothing behind when its process exits in the middle", async () => {
        const { ended } = await installing("setImmediate(() => process.exit(130)); await new Promise(() => {})");
        await ended;
        assert.equal(fs.existsSync(places.policy), false);
    });

    it("keeps no service from starting once its process was killed, and the next set-up removes what is left", async () => {
        const { child, ended } = await installing("await new Promise(() => setInterval(() => {}, 1000))");
        assert.equal(asked(), 101);
        child.kill("SIGKILL");
        await ended;
        assert.equal(asked(), 0);
        assert.match((await tidyUpServices(places)).join("\n"), /had left .*policy-rc\.d/);
        assert.deepEqual(fs.readdirSync(folder), []);
        assert.deepEqual(await tidyUpServices(places), []);
    });

    it("is not disturbed by a cluster that is deleted, and tidied up after by one when it was killed", async function () {
        if (process.getuid?.() !== 0) this.skip();
        const before = process.env.XDG_CACHE_HOME;
        process.env.XDG_CACHE_HOME = path.join(folder, "cache");
        try {
            const { child, ended } = await installing("await new Promise(() => setInterval(() => {}, 1000))");
            fs.mkdirSync(path.dirname(setUpLock()), { recursive: true });
            fs.symlinkSync(identityOf(child.pid ?? 0) ?? "", setUpLock());
            const said: string[] = [];
            await removeLeftovers((text) => said.push(text), places);
            assert.doesNotMatch(said.join("\n"), /policy-rc\.d/);
            assert.equal(asked(), 101);
            child.kill("SIGKILL");
            await ended;
            await removeLeftovers((text) => said.push(text), places);
            assert.match(said.join("\n"), /had left .*policy-rc\.d/);
            assert.equal(fs.existsSync(places.policy), false);
        } finally {
            if (before === undefined) delete process.env.XDG_CACHE_HOME;
            else process.env.XDG_CACHE_HOME = before;
        }
    });

    it("removes the policy that earlier versions left, which refused for ever", async () => {
        const text = "#!/bin/sh\n# upshift set-up: no service is started while it installs packages.\nexit 101\n";
        fs.writeFileSync(places.policy, text, { mode: 0o755 });
        await tidyUpServices(places);
        assert.equal(fs.existsSync(places.policy), false);
    });

    it("leaves a policy of the machine's own as it is", async () => {
        const own = "#!/bin/sh\n# For most Docker users\nexit 101\n";
        fs.writeFileSync(places.policy, own, { mode: 0o755 });
        await withoutServices(async () => assert.equal(fs.readFileSync(places.policy, "utf8"), own), places);
        assert.deepEqual(await tidyUpServices(places), []);
        assert.equal(fs.readFileSync(places.policy, "utf8"), own);
    });

    /** Another process in the middle of it, and a promise of its end. */
    async function installing(then: string): Promise<{ child: ChildProcess; ended: Promise<unknown> }> {
        const script = `const { withoutServices } = require(${JSON.stringify(path.resolve("cluster/setup/noServices.ts"))});
            withoutServices(async () => { console.log("installs"); ${then}; }, ${JSON.stringify(places)});`;
        const child = spawn(process.execPath, ["--import", "tsx", "-e", script]);
        child.stderr.pipe(process.stderr);
        const ended = once(child, "exit");
        await Promise.race([once(child.stdout, "data"), ended.then(() => assert.fail("it ended before it installed"))]);
        return { child, ended };
    }
});
