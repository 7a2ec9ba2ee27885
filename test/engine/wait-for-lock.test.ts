import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { update } from "../../rollout/release/update";
import { type Running, type Sandbox, sandbox } from "../support/pulumi";

/** Another engineer's update, which goes on until it is told to end. */
const program = `
import * as fs from "node:fs";
import * as path from "node:path";
import * as pulumi from "@pulumi/pulumi";
if (!pulumi.runtime.isDryRun() && new pulumi.Config().getBoolean("holds")) {
    console.log("holds the stack");
    while (!fs.existsSync(path.join(process.cwd(), "go on"))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
}
`;

describe("a step while somebody else updates the stack", function () {
    this.timeout(120_000);
    const before = { ...process.env };
    let stack: Sandbox;
    let other: Running;
    beforeEach(async () => {
        stack = await sandbox({ "index.ts": program });
        Object.assign(process.env, Object.fromEntries(Object.entries(stack.environment).filter(([, value]) => value)));
        await stack.succeed("config", "set", "holds", "true");
        other = stack.start("up", "--yes", "--skip-preview");
        await other.printed(/holds the stack/);
        await stack.succeed("config", "set", "holds", "false");
    });
    afterEach(async () => {
        fs.writeFileSync(path.join(stack.folder, "go on"), "");
        await other.ended;
        for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
        Object.assign(process.env, before);
        stack.remove();
    });

    it("is told at once who makes it and since when, where it is not to wait", async () => {
        await assert.rejects(
            update("dev", stack.folder, "a step", { lockWait: 0 }),
            /Stack dev is still being updated: created by \S+@\S+ \(pid \d+\) at \d{4}-\S+\.\n {2}fix: wait for it with --wait-for-lock 30m, or end it and run: pulumi cancel --stack dev --cwd \S+$/,
        );
    });

    it("waits, says for whom, and is made when the other has ended", async () => {
        const waits: string[] = [];
        await update("dev", stack.folder, "a step", { lockWait: 60_000 }, (why) => {
            waits.push(why);
            fs.writeFileSync(path.join(stack.folder, "go on"), "");
        });
        assert.match(waits[0] ?? "", /the stack is being updated: created by \S+ \(pid \d+\)/);
        assert.equal((await other.ended).code, 0);
    });

    it("does not wait for one whose process is gone, and says how to go on", async () => {
        other.process.kill("SIGKILL");
        await other.ended;
        await assert.rejects(
            update("dev", stack.folder, "a step", { lockWait: 60_000 }),
            /Stack dev is locked: created by .*, and that process is gone\.\n {2}fix: pulumi cancel --stack dev --cwd \S+$/,
        );
        await stack.succeed("cancel", "--yes");
        await update("dev", stack.folder, "a step", { lockWait: 0 });
    });
});
