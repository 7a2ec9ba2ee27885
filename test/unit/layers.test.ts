import assert from "node:assert/strict";
import { ESLint } from "eslint";

const eslint = new ESLint({
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
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

describe("the product's folders", function () {
    this.timeout(60_000);

    for (const folder of ["components", "components/split", "policies", "plugins", "cluster/context", "rollout/plan"])
        it(`know no demo system: ${folder} may not import systems`, async () => {
            const up = "../".repeat(folder.split("/").length);
            assert.deepEqual(await importing(folder, `${up}systems/shop/system`), ["no-restricted-imports"]);
        });

    it("know each other in one direction", async () => {
        assert.deepEqual(await importing("rollout", "../cluster/paths"), []);
        assert.deepEqual(await importing("cluster", "../rollout/stack"), ["no-restricted-imports"]);
        assert.deepEqual(await importing("components/mesh", "../../cluster/paths"), ["no-restricted-imports"]);
        assert.deepEqual(await importing("policies/read", "../../rollout/applied"), ["no-restricted-imports"]);
    });
});
