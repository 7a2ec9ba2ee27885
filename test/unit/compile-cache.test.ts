import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { bundleIfStale } from "../../cluster/setup/bundle.mjs";

describe("what is kept of a compiled program", () => {
    let folder: string;
    before(async function () {
        this.timeout(120_000);
        await bundleIfStale();
    });
    beforeEach(() => (folder = fs.mkdtempSync(path.join(os.tmpdir(), "compiled-"))));
    afterEach(() => fs.rmSync(folder, { recursive: true, force: true }));

    const write = (name: string, text: string): void => fs.writeFileSync(path.join(folder, name), text);
    const kept = (): string[] => fs.readdirSync(path.join(folder, "kept")).map((one) => path.join(folder, "kept", one));

    /** What a program prints whose modules are kept. */
    function printed(program: string): string {
        const cache = path.join(projectRoot(), ".upshift", "dist", "compile-cache.cjs");
        const begin = `require(${JSON.stringify(cache)}).keepCompiled(process.argv[1], "program"); require(process.argv[2]);`;
        const args = ["-e", begin, path.join(folder, "kept"), path.join(folder, program)];
        return execFileSync(process.execPath, args, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
    }

    it("runs as it did, and is not written for ever", () => {
        write("part.cjs", "exports.word = () => 'one';");
        write("main.cjs", "console.log(require('./part.cjs').word(), module.id === __filename, __dirname);");
        const first = printed("main.cjs");
        assert.equal(first, `one true ${fs.realpathSync(folder)}`);
        for (let run = 0; run < 3; run++) assert.equal(printed("main.cjs"), first);
        // Node 22 keeps it in a way of its own.
        const before = kept().map((one) => fs.statSync(one).mtimeMs);
        assert.ok(before.length > 0);
        assert.equal(printed("main.cjs"), first);
        assert.deepEqual(
            kept().map((one) => fs.statSync(one).mtimeMs),
            before,
        );
    });
    it("is not taken for a source that has changed, whatever its length and time", () => {
        write("main.cjs", "console.log('one');");
        const file = path.join(folder, "main.cjs");
        const { atime, mtime } = fs.statSync(file);
        assert.equal(printed("main.cjs"), "one");
        write("main.cjs", "console.log('two');");
        fs.utimesSync(file, atime, mtime);
        assert.equal(printed("main.cjs"), "two");
    });
    it("is made anew where it was damaged", () => {
        write("main.cjs", "console.log('one');");
        assert.equal(printed("main.cjs"), "one");
        for (const damage of [
            (all: Buffer) => all.subarray(0, all.length - 40),
            (all: Buffer) => Buffer.from(all).fill(0, 60),
        ]) {
            for (const one of kept().filter((name) => fs.statSync(name).isFile()))
                fs.writeFileSync(one, damage(fs.readFileSync(one)));
            assert.equal(printed("main.cjs"), "one");
        }
    });
    it("leaves ES modules, and what imports late, to Node", () => {
        write("late.mjs", "export const word = 'late';");
        write("main.cjs", "import('./late.mjs').then(({ word }) => console.log(word));");
        for (let run = 0; run < 3; run++) assert.equal(printed("main.cjs"), "late");
    });
    it("says what is wrong with a program as Node does", () => {
        write("main.cjs", "const = 1;");
        assert.throws(() => printed("main.cjs"), /main\.cjs:1[^]*SyntaxError/);
    });
    it("runs where nothing can be kept", () => {
        write("kept", "a file");
        write("main.cjs", "console.log('one');");
        assert.equal(printed("main.cjs"), "one");
    });
});
