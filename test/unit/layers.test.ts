import assert from "node:assert/strict";
import { ESLint } from "eslint";

const eslint = new ESLint({
    overrideConfig: { languageOptions: { parserOptions: { project: null } } },
    ruleFilter: ({ ruleId }) => ruleId === "no-restricted-imports",
});

/** What ESLint says of a file in a folder with one import. */
async function importing(folder: string, module: string): Promise<(string | null)[]> {
    const results = await eslint.lintText(`import "${module}";\n`, { filePath: `${folder}/anyFile.ts` });
    return results.flatMap(({ messages }) => messages.map(({ ruleId }) => ruleId));
}

describe("the judge's folder", function () {
    this.timeout(60_000);

    for (const module of [
        "@pulumi/pulumi",
        "node:fs",
        "@kubernetes/client-node",
        "../../mesh/live",
        "../../../rollout/plan",
    ])
        it(`may not import ${module}`, async () => {
            assert.deepEqual(await importing("components/traffic/judge", module), ["no-restricted-imports"]);
        });

    it("may import its own folders and what is pure", async () => {
        for (const module of ["../world/world", "./findings", "re2js"])
            assert.deepEqual(await importing("components/traffic/judge", module), [], module);
    });

    it("is alone in that: others may import the engine", async () => {
        assert.deepEqual(await importing("components/split", "@pulumi/pulumi"), []);
    });
});
