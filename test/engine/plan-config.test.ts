import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import type { Plan } from "../../rollout/plan/model";
import { setConfig } from "../../rollout/stack";
import { removeStack, stackWithReview } from "../support/appliedStack";
import { upshift } from "../support/cli";

const name = "plan-config-test";

/** A stack of this project whose state says what is applied, and no cluster to preview it on. */
describe("upshift plan, where the preview can't even begin", function () {
    this.timeout(600_000);
    let folder: string;

    before(async () => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "plan-config-"));
        await stackWithReview(name, { v1: 80, v2: 20 });
        await setConfig(name, { target: "embedded", cluster: "plan-nowhere", "limits.maxRaise": 25 });
    });
    after(async () => {
        fs.rmSync(folder, { recursive: true });
        await removeStack(name);
    });

    const plan = async (): Promise<Plan & { markdown: string }> => {
        const file = path.join(folder, "plan.md");
        const { code, stdout, stderr } = await upshift(["plan", "--stack", name, "--json", "--markdown-file", file]);
        assert.equal(code, 2, stdout + stderr);
        return { ...(JSON.parse(stdout) as Plan), markdown: fs.readFileSync(file, "utf8") };
    };

    it("says that nothing of the step was seen and so nothing is judged, and tells who serves meanwhile", async () => {
        await setConfig(name, { "weights.review.v1": 10, "weights.review.v2": 90 });
        const { result, findings, serving, notKnown, errors, markdown } = await plan();
        assert.deepEqual([result, findings], ["failed", []]);
        assert.deepEqual(serving, { review: "v1 80 %, v2 20 %" });
        assert.match(errors.join("\n"), /plan-nowhere/);
        assert.match(notKnown.join("\n"), /did not get to its end[^]*The step is not judged/);
        assert.match(markdown, /The step is not judged/);
    });
    it("tells of a folder that is no project", async () => {
        const file = path.join(folder, "none.md");
        const { code } = await upshift(["plan", "--cwd", folder, "--markdown-file", file]);
        assert.equal(code, 2);
        assert.match(fs.readFileSync(file, "utf8"), /no Pulumi\.yaml/);
    });
    it("tells every problem of a broken config, with the command that fixes it", async () => {
        await setConfig(name, { "weights.review.v2": 95, "stable.review": "v9" });
        const { errors, serving, findings, markdown } = await plan();
        assert.match(errors.join("\n"), /review[^]*v9/);
        assert.match(errors.join("\n"), /105[^]*fix: pulumi config set/);
        assert.deepEqual([findings, serving], [[], { review: "v1 80 %, v2 20 %" }]);
        assert.doesNotMatch(markdown, new RegExp(os.homedir() === "/" ? "^$" : `${os.homedir()}/`));
    });
});
