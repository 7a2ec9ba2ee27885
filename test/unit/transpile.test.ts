import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { transpiled } from "../../plugins/language/transpile.mjs";

describe("a program that was transpiled before", () => {
    let folder: string;
    let kept: string;
    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "transpiled-"));
        kept = path.join(fs.mkdtempSync(path.join(os.tmpdir(), "transpiled-")), "kept");
        write("index.ts", 'import { word } from "./parts/word";\nconsole.log(word as string);\n');
        write("parts/word/index.ts", 'export const word: string = "first";\n');
    });
    afterEach(() => {
        for (const one of [folder, path.dirname(kept)]) fs.rmSync(one, { recursive: true, force: true });
    });

    function write(name: string, text: string): void {
        fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
        fs.writeFileSync(path.join(folder, name), text);
    }
    const code = (): string => transpiled(path.join(folder, "index.ts"), kept).code;

    /** What is kept, with a sign in it: whoever takes it again takes the sign. */
    function sign(): void {
        const [file = ""] = fs.readdirSync(kept).filter((name) => !name.endsWith(".map"));
        const made = JSON.parse(fs.readFileSync(path.join(kept, file), "utf8")) as { code: string };
        fs.writeFileSync(path.join(kept, file), JSON.stringify({ ...made, code: `${made.code}// again` }));
    }

    it("is taken again while nothing has changed, with the map of its lines", () => {
        assert.match(code(), /first/);
        sign();
        assert.match(code(), /\/\/ again$/);
        const { map } = transpiled(path.join(folder, "index.ts"), kept);
        assert.deepEqual((JSON.parse(map()) as { sources: string[] }).sources, ["parts/word/index.ts", "index.ts"]);
    });
    for (const [what, change] of Object.entries<() => void>({
        "a file of it has changed": () => write("parts/word/index.ts", 'export const word: string = "other";\n'),
        "a new file is what an import means now": () => write("parts/word.ts", 'export const word = "other";\n'),
        "settings have come": () => write("tsconfig.json", '{ "compilerOptions": { "target": "es2015" } }'),
        "a package's settings have come": () => write("package.json", '{ "type": "commonjs" }'),
    }))
        it(`is transpiled anew once ${what}`, () => {
            code();
            sign();
            change();
            assert.doesNotMatch(code(), /\/\/ again$/);
        });
    it("is transpiled anew once settings have changed that its own extend", () => {
        write("base.json", "{}");
        write("tsconfig.json", '{ "extends": "./base.json" }');
        code();
        sign();
        assert.match(code(), /\/\/ again$/);
        write("base.json", '{ "compilerOptions": { "target": "es2015" } }');
        assert.doesNotMatch(code(), /\/\/ again$/);
    });
    it("is transpiled each time where its settings come from a package", () => {
        write("node_modules/@base/tsconfig/tsconfig.json", "{}");
        write("tsconfig.json", '{ "extends": "@base/tsconfig/tsconfig.json" }');
        code();
        assert.equal(fs.existsSync(kept), false);
    });
    it("says what is wrong with a file, and keeps nothing", () => {
        write("parts/word/index.ts", "const = 1;");
        assert.throws(code, /parts\/word\/index\.ts:1:6/);
        assert.equal(fs.existsSync(kept), false);
    });
});
