import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { referenceOf } from "../../plugin/reference";
import schema from "../../plugin/schema.json";

describe("docs/reference.md", () => {
    const text = fs.readFileSync(path.join(projectRoot(), "docs/reference.md"), "utf8");

    it("says what the sources say of every component; else: npm run docs:reference", () => {
        assert.equal(text, referenceOf(schema));
    });
    it("has a sentence on every argument, and on every component", () => {
        const silent = text
            .split("\n")
            .filter((line) => /^\| .*\| *\|$/.test(line) && !/^\| (argument|field|value) /.test(line));
        assert.deepEqual(silent, []);
        for (const [token, { description = "" }] of Object.entries(
            schema.resources as Record<string, { description?: string }>,
        ))
            assert.ok(description.length > 20, `${token} has no description`);
    });
    it("leads nowhere that it has not", () => {
        const sections = [...text.matchAll(/^## (\w+)$/gm)].map(([, name = ""]) => `#${name.toLowerCase()}`);
        const links = [...text.matchAll(/\]\((#\w+)\)/g)].map(([, to = ""]) => to);
        assert.deepEqual(
            links.filter((to) => !sections.includes(to)),
            [],
        );
        assert.equal(new Set(sections).size, sections.length, "two sections have the same name");
    });
});
