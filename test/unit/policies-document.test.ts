import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import type { Policies } from "@pulumi/policy";
import { projectRoot } from "../../cluster/paths";
import { documentOf } from "../../policies/document";
import { policies } from "../../policies/policies";

const read = (...names: string[]): string => fs.readFileSync(path.join(projectRoot(), ...names), "utf8");

describe("the policy pack's papers", () => {
    it("docs/policies.md says what the policies say; else: npm run docs:policies", () => {
        assert.equal(read("docs", "policies.md"), documentOf(policies));
    });

    for (const file of ["dev.json", "prod.json"])
        it(`policies/config/${file} configures policies that exist, with settings that they have`, () => {
            const config = JSON.parse(read("policies", "config", file)) as Record<string, string | object>;
            for (const [name, settings] of Object.entries(config).filter(([key]) => key !== "all")) {
                const policy = (policies as Policies).find((one) => one.name === name);
                assert.ok(policy, `there is no policy ${name}`);
                if (typeof settings === "string") continue;
                const known = ["enforcementLevel", ...Object.keys(policy.configSchema?.properties ?? {})];
                assert.deepEqual(
                    Object.keys(settings).filter((key) => !known.includes(key)),
                    [],
                    name,
                );
            }
        });
});
