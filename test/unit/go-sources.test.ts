import * as assert from "node:assert/strict";
import { changed } from "../../cluster/setup/goSources";

describe("a source of others that is changed before it is built", () => {
    const source = "func init() {\n\tload()\n}\n\nfunc load() {\n}\n";

    it("has other texts in the places of some", () =>
        assert.equal(
            changed("lists.go", source, [
                ["func init() {", "func Load() {"],
                ["func load() {", "func load() {\n\tread()"],
            ]),
            "func Load() {\n\tload()\n}\n\nfunc load() {\n\tread()\n}\n",
        ));
    for (const [what, text, times] of [
        ["is not there", "func start() {", 0],
        ["is there twice", "load() {\n", 2],
    ] as const)
        it(`is not built where the text ${what}`, () =>
            assert.throws(
                () => changed("lists.go", `${source}func preload() {\n}\n`, [[text, ""]]),
                new RegExp(`^Error: lists\\.go has the text that is to be changed ${times} times, and not once`),
            ));
});
