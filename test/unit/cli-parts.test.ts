import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { stateDir } from "../../cluster/paths";
import { bundleIfStale } from "../../cluster/setup/bundle.mjs";

describe("the CLI's parts", () => {
    let parts: Map<string, string>;
    before(async function () {
        this.timeout(120_000);
        await bundleIfStale();
        parts = partsFrom("cli.cjs");
        assert.ok(parts.size > 50, `${parts.size} parts`);
    });

    it("are no CommonJS packages, which give out no name where they are imported late", () => {
        const nameless = [...parts].filter(([, text]) => /_default=\(0,\w+\.require_\w+\)\(\)/.test(text));
        assert.deepEqual(
            nameless.map(([name]) => name),
            [],
        );
    });
    it("have no Pulumi SDK in them, which a command would load for two thirds of a second", () => {
        const heavy = [...parts].filter(([, text]) => /node_modules\/@pulumi\/pulumi\/(index|automation\/)/.test(text));
        assert.deepEqual(
            heavy.map(([name]) => name),
            [],
        );
    });
    it("give users back before they load what checks a config, or the classes of Kubernetes' kinds", () => {
        const [name = ""] = [...parts].find(([, text]) => text.includes("async function rollbackStack(")) ?? [];
        const first = partsFrom(name, atOnce);
        assert.ok(first.size > 10, `${first.size} parts`);
        assert.ok(
            [...first.values()].some((text) => text.includes(`"KubeConfig")`)),
            "who connects to a cluster is among them",
        );
        const schemas = [...first].filter(([, text]) => /ZodObject|"V1PodSpec"\)/.test(text));
        assert.deepEqual(
            schemas.map(([one]) => one),
            [],
        );
    });
});

const nowOrLater = /require\("\.\/([\w-]+\.cjs)"\)/g;
const atOnce = /(?<!__toESM\()require\("\.\/([\w-]+\.cjs)"\)/g;

/** A part and all that it asks for, with their texts. */
function partsFrom(name: string, asks = nowOrLater, found = new Map<string, string>()): Map<string, string> {
    if (found.has(name)) return found;
    const text = fs.readFileSync(stateDir("dist", name), "utf8");
    found.set(name, text);
    for (const [, next = ""] of text.matchAll(asks)) partsFrom(next, asks, found);
    return found;
}
