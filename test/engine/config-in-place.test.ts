import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { writeInPlace } from "../../rollout/config/inPlace";
import { type Sandbox, sandbox } from "../support/pulumi";

describe("values that are written where they stand in a stack's config file", function () {
    this.timeout(60_000);
    let project: Sandbox;
    before(async () => {
        project = await sandbox({});
    });
    after(() => project.remove());

    const setByPulumi = (values: Record<string, string | number | boolean>): Promise<string> => {
        const pairs = Object.entries(values).flatMap(([at, value]) => ["--plaintext", `${at}=${value}`]);
        return project.succeed("config", "set-all", "--path", ...pairs);
    };
    const config = (): Promise<string> => project.succeed("config", "--json");

    it("are what Pulumi reads where it has written them itself", async () => {
        const file = path.join(project.folder, "Pulumi.dev.yaml");
        await setByPulumi({ "weights.review.v1": 90, "weights.review.v2": 10, "stable.review": "v1", isOpen: false });
        await project.succeed("config", "set", "--secret", "token", "open sesame");
        const before = fs.readFileSync(file, "utf8");
        const values = { "weights.review.v1": 0, "weights.review.v2": 100, "stable.review": "v2-hotfix", isOpen: true };
        assert.equal(writeInPlace({ stack: "dev", folder: project.folder, env: project.environment }, values), true);
        const inPlace = await config();
        fs.writeFileSync(file, before);
        await setByPulumi(values);
        assert.equal(inPlace, await config());
        assert.match(inPlace, /v2-hotfix/);
    });
});
