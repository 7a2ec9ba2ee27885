import * as assert from "node:assert/strict";
import { explanations, type Found, verdictOn } from "../../audit/explained";
import { parsed } from "../../audit/govulncheck";

const found = (id: string, module: string): Found => ({
    id,
    module,
    version: "v1.0.0",
    summary: "",
    programs: ["coredns"],
});
const explained = { module: "example.com/a", ids: ["GO-1", "GO-2"], why: "nobody calls it, and nobody can" };

describe("the audit", () => {
    it("asks for an explanation of each finding of each module", () => {
        const { unexplained } = verdictOn(
            [found("GO-1", "example.com/a"), found("GO-1", "example.com/b")],
            [explained],
        );
        assert.deepEqual(
            unexplained.map(({ id, module }) => [id, module]),
            [["GO-1", "example.com/b"]],
        );
    });
    it("tells of explanations of what is found no more, but for those of the machine's own Go", () => {
        const ofGo = { ...explained, module: "stdlib" };
        assert.deepEqual(verdictOn([found("GO-1", "example.com/a")], [explained, ofGo]).stale, [
            { module: "example.com/a", id: "GO-2" },
        ]);
    });
    it("reads each entry once for each module, and none of a module that the entry is not about", () => {
        const entry = { osv: { id: "GO-1", summary: "bad", affected: [{ package: { name: "example.com/a/sdk" } }] } };
        const finding = (module: string, trace: object = {}): object => ({
            finding: { osv: "GO-1", fixed_version: "v1.2.0", trace: [{ module, version: "v1.0.0", ...trace }] },
        });
        const printed = [
            entry,
            finding("example.com/a/sdk"),
            finding("example.com/a/sdk", { package: "p" }),
            finding("example.com/a"),
        ];
        assert.deepEqual(parsed(printed.map((one) => JSON.stringify(one, undefined, 2)).join("\n")), [
            { id: "GO-1", module: "example.com/a/sdk", version: "v1.0.0", fixed: "v1.2.0", summary: "bad" },
        ]);
    });
    it("has explanations that say something, each entry of a module once", () => {
        const all = explanations().flatMap(({ module, ids }) => ids.map((id) => `${module} ${id}`));
        assert.ok(all.length > 20);
        assert.deepEqual([...new Set(all)], all);
    });
});
