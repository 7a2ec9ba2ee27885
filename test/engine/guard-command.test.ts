import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { setConfig } from "../../rollout/stack";
import { removeStack, stackWithReview } from "../support/appliedStack";

const name = "guard-test";

/** A stack whose state says what is applied, and no cluster: what the command reads is Pulumi's backend and the config. */
describe("upshift guard", function () {
    this.timeout(600_000);

    before(async () => {
        await stackWithReview(name, { v1: 80, v2: 20 });
        await setConfig(name, { target: "embedded", cluster: "guard-nowhere", "limits.maxRaise": 25 });
    });
    after(() => removeStack(name));

    const guard = (...args: string[]) => {
        const program = path.join(projectRoot(), "bin", "upshift.mjs");
        const { status, stdout, stderr } = spawnSync(process.execPath, [program, "guard", ...args], {
            encoding: "utf8",
        });
        return { status, stdout, stderr };
    };
    const propose = (v2: number) => setConfig(name, { "weights.review.v1": 100 - v2, "weights.review.v2": v2 });

    it("ends with 0 when the step may go ahead, and tells who moves", async () => {
        await propose(40);
        const { status, stdout } = guard("--stack", name);
        assert.equal(status, 0, stdout);
        assert.match(stdout, /~ review: v1 80 → 60, v2 20 → 40\nThe step may go ahead/);
        assert.match(stdout, /the state alone is judged/);
    });
    it("ends with 1 and every finding when it may not", async () => {
        await propose(90);
        const { status, stdout } = guard("--stack", name, "--json");
        assert.equal(status, 1);
        const { findings, judged } = JSON.parse(stdout) as { findings: { message: string }[]; judged: boolean };
        assert.equal(judged, true);
        assert.deepEqual(
            findings.map(({ message }) => message),
            [
                "review: v2 20 → 90 is a raise of 70 points; at most 25 a step: try 45, or declare a blue/green switch after a header test",
            ],
        );
    });
    it("ends with 2 when the config has problems, and lets nothing through", async () => {
        await setConfig(name, { "weights.review.v2": 95 });
        const { status, stderr } = guard("--stack", name);
        assert.equal(status, 2);
        assert.match(stderr, /can't be judged, and so must not be made: 1 problem/);
    });
    it("ends with 2 when the state can't be read", () => {
        const { status, stdout } = guard("--stack", "not-there", "--json");
        assert.equal(status, 2);
        assert.equal((JSON.parse(stdout) as { judged: boolean }).judged, false);
    });
});
