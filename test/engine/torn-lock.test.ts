import * as assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot, stateDir } from "../../cluster/paths";
import { pulumi } from "../../rollout/pulumi";
import { breakStaleLock, repair } from "../../rollout/repair";
import { selectStack } from "../../rollout/stack";
import { withFix } from "../../rollout/trouble";
import { until } from "../support/apiserver";

const stack = "torn-lock-test";
const locks = stateDir("pulumi", ".pulumi", "locks", "organization", "upshift", stack);

/** A full disk was seen to leave the first of these; a crash of the machine may leave the second. */
const torn = ["18eb846c11e009a3.json.18eb846c11e009a4.tmp", "18eb846c11e009a3.json"];

describe("a lock that a full disk has cut short", function () {
    this.timeout(120_000);
    const destroy = (): Promise<string> => pulumi(["destroy", "--yes", "--skip-preview", "--stack", stack]);
    beforeEach(() => selectStack(stack));
    afterEach(async () => {
        fs.rmSync(locks, { recursive: true, force: true });
        await pulumi(["stack", "rm", "--yes", "--force", "--stack", stack]);
        fs.rmSync(path.join(projectRoot(), `Pulumi.${stack}.yaml`), { force: true });
    });

    for (const name of torn)
        it(`stops every update until it is repaired, and is told with the way out: ${name}`, async () => {
            fs.mkdirSync(locks, { recursive: true });
            fs.writeFileSync(path.join(locks, name), "");
            const aMinuteAgo = new Date(Date.now() - 60_000);
            fs.utimesSync(path.join(locks, name), aMinuteAgo, aMinuteAgo);
            const error = await destroy().then(
                () => assert.fail("Pulumi takes no notice of it"),
                (failed: Error) => failed,
            );
            assert.match(
                withFix(error.message, stack),
                /fix: make room on the disk, then pulumi cancel --stack torn-lock-test$/,
            );
            assert.deepEqual(await repair(stack), ["a lock that a full disk has left empty, or a crash"]);
            await destroy();
        });

    it("is taken away by its own name, and no lock that another update has taken since", async () => {
        fs.mkdirSync(locks, { recursive: true });
        const lock = (pid: number): string =>
            JSON.stringify({ pid, hostname: os.hostname(), timestamp: "2026-11-27T20:00:00Z" });
        const gone = spawnSync("true").pid;
        fs.writeFileSync(path.join(locks, "1.json"), lock(gone));
        const other = spawn("sleep", ["60"]);
        try {
            fs.writeFileSync(path.join(locks, "2.json"), lock(other.pid ?? 0));
            let waits = 0;
            const fixed = breakStaleLock(stack, () => ++waits);
            await until("it waits for the other update", 10_000, () => Promise.resolve(waits === 1));
            assert.deepEqual(fs.readdirSync(locks).sort(), ["1.json", "2.json"]);
            fs.rmSync(path.join(locks, "2.json"));
            assert.deepEqual(await fixed, ["the lock of an update that was killed"]);
            assert.deepEqual(fs.readdirSync(locks), []);
        } finally {
            other.kill();
        }
    });

    it("is not one that is just being written", async () => {
        fs.mkdirSync(locks, { recursive: true });
        fs.writeFileSync(path.join(locks, torn[0] ?? ""), "");
        assert.deepEqual(await repair(stack), []);
    });
});
