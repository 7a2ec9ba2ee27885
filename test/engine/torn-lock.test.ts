import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot, stateDir } from "../../cluster/paths";
import { pulumi } from "../../rollout/pulumi";
import { repair } from "../../rollout/repair";
import { selectStack } from "../../rollout/stack";
import { withFix } from "../../rollout/trouble";

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

    it("is not one that is just being written", async () => {
        fs.mkdirSync(locks, { recursive: true });
        fs.writeFileSync(path.join(locks, torn[0] ?? ""), "");
        assert.deepEqual(await repair(stack), []);
    });
});
