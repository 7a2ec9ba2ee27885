import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { fits } from "../../cluster/tools/versions";

describe("a tool of the user's own", function () {
    this.timeout(60_000);
    let folder: string;
    let cache: string | undefined;
    const at = (name: string): string => path.join(folder, name);
    const says = (version: string): void => fs.writeFileSync(at("answer"), `v${version}\n`);
    const range = (): Parameters<typeof fits>[1] => ({ args: [at("answer")], from: "3.238", below: "4" });
    const script = (name: string): void =>
        fs.writeFileSync(at(name), `#!/bin/sh\ncat ${at("answer")}\n`, { mode: 0o755 });
    /** Its answer is the file's text; it fails where there is none. */
    const program = (name: string): void => fs.copyFileSync("/bin/cat", at(name));
    /** Whether it fits, for a command that begins now. */
    const fitsNow = (name: string): boolean => {
        const source = `const { fits } = require(${JSON.stringify(path.resolve("cluster/tools/versions.ts"))});
            console.log(fits(${JSON.stringify(at(name))}, ${JSON.stringify(range())}));`;
        const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--eval", source]);
        assert.match(stdout.toString(), /^(true|false)$/m, stderr.toString());
        return stdout.toString().trim() === "true";
    };

    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "tool-"));
        cache = process.env.XDG_CACHE_HOME;
        process.env.XDG_CACHE_HOME = at("cache");
    });
    afterEach(() => {
        if (cache === undefined) delete process.env.XDG_CACHE_HOME;
        else process.env.XDG_CACHE_HOME = cache;
        fs.rmSync(folder, { recursive: true });
    });

    it("is asked once, for as long as its file stays as it is", () => {
        program("pulumi");
        says("3.250.0");
        assert.equal(fits(at("pulumi"), range()), true);
        fs.rmSync(at("answer"));
        assert.equal(fits(at("pulumi"), range()), true);
    });

    for (const [what, make] of [
        ["program", program],
        ["script", script],
    ] as const)
        it(`is asked again where it could not say its version, and is the same ${what} still`, () => {
            make("pulumi");
            assert.equal(fits(at("pulumi"), range()), false);
            says("3.250.0");
            assert.equal(fits(at("pulumi"), range()), true);
        });

    it("does not fit where it fails, whatever versions it names then", () => {
        const text = "#!/bin/sh\necho No version is set for pulumi, such as 3.250.0\nexit 126\n";
        fs.writeFileSync(at("pulumi"), text, { mode: 0o755 });
        assert.equal(fits(at("pulumi"), range()), false);
    });

    it("is asked by every command where it is a script, which starts another version tomorrow", () => {
        script("pulumi");
        says("3.250.0");
        assert.equal(fitsNow("pulumi"), true);
        says("3.100.0");
        assert.equal(fitsNow("pulumi"), false);
    });

    it("is asked by every command where its name is a link to a program that chooses one", () => {
        program("mise");
        fs.symlinkSync(at("mise"), at("pulumi"));
        says("3.250.0");
        assert.equal(fitsNow("pulumi"), true);
        says("3.100.0");
        assert.equal(fitsNow("pulumi"), false);
    });

    it("is asked again where an earlier release has noted that it says none", () => {
        program("pulumi");
        const { size, mtimeMs } = fs.statSync(at("pulumi"));
        fs.mkdirSync(at("cache/upshift/tools"), { recursive: true });
        const noted = { [[at("pulumi"), size, mtimeMs, at("answer")].join(" ")]: null };
        fs.writeFileSync(at("cache/upshift/tools/versions.json"), JSON.stringify(noted));
        says("3.250.0");
        assert.equal(fits(at("pulumi"), range()), true);
    });
});
