import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { text } from "node:stream/consumers";
import { bundleIfStale } from "../../cluster/setup/bundle.mjs";
import { stateDir } from "../../cluster/paths";

describe("a program that waits loaded for its run", () => {
    let folder: string;
    before(bundleIfStale);
    beforeEach(() => (folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "ready-")))));
    afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

    it("takes a run that it is given before it listens", async () => {
        const runner = path.join(folder, "runner.cjs");
        fs.writeFileSync(
            runner,
            "console.log(JSON.stringify([process.argv.slice(1), process.cwd(), process.env.WORD, process.connected]))",
        );
        // While this is waited for, Node takes what comes for somebody who will listen.
        const late = "data:text/javascript,await new Promise((resolve) => setTimeout(resolve, 200))";
        const args = ["--import", late, stateDir("dist", "ready-program.cjs"), runner];
        const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe", "ipc"] });
        child.send({ cwd: folder, env: { WORD: "said" }, args: ["--stack", "dev"] });
        const [said, complaint, [code]] = await Promise.all([
            text(child.stdout ?? assert.fail()),
            text(child.stderr ?? assert.fail()),
            once(child, "exit") as Promise<[number | null]>,
        ]);
        assert.equal(complaint, "");
        assert.deepEqual(JSON.parse(said), [[runner, "--stack", "dev"], folder, "said", false]);
        assert.equal(code, 0);
    });
});
