import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { upshift } from "../support/cli";
import { installedCli } from "../support/installedCli";

describe("an option of `upshift verify` that does not apply", function () {
    this.timeout(60_000);
    let folder: string;
    before(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "options-"));
        fs.writeFileSync(path.join(folder, "Pulumi.yaml"), "name: theirs\nruntime: yaml\n");
    });
    after(() => fs.rmSync(folder, { recursive: true }));
    const refused = async (line: string, expected: RegExp): Promise<void> => {
        const { code, stdout, stderr } = await upshift(["verify", "review", ...line.split(" ")]);
        assert.deepEqual([code, stdout], [2, ""], stderr);
        assert.match(stderr, expected);
    };

    for (const option of ["--path /a", "--image a:1", "--host a.test", "--version-header x-a"])
        it(`is refused of a demo system's own requests: ${option}`, () =>
            refused(
                option,
                /^upshift: --[a-z-]+ does not apply: the system's own story .*\n {2}fix: leave it out, or /,
            ));
    for (const option of ["--method POST", "--body a", "--expect-status 200"])
        it(`is, with both ways to have it: ${option}`, () =>
            refused(option, /fix: leave it out, or have a pod .* --from NAMESPACE\/ACCOUNT, or send .* --url https:/));
    it("is refused of a pod's and of a URL's", async () => {
        await refused(`--host a.test --cwd ${folder}`, /--host does not apply: a pod in the mesh sends the requests/);
        await refused("--url http://127.0.0.1:1 --path /a", /--path does not apply: the requests are sent from here/);
    });
    it("is refused where two of them name who sends", () =>
        refused("--url http://127.0.0.1:1 --from shop/default", /'--from .*' cannot be used with option '--url/));
});

describe("a file that a command is to write", function () {
    this.timeout(60_000);

    for (const line of ["plan --json-file", "plan --markdown-file", "plan --svg", "plan --save-plan", "graph --svg"])
        it(`is told of before the work where it has no folder: ${line}`, async () => {
            const { code, stderr } = await upshift([...line.split(" "), "/nowhere/at all/file"]);
            assert.equal(code, 2);
            assert.equal(
                stderr,
                "upshift: There is no folder /nowhere/at all for /nowhere/at all/file.\n  fix: mkdir -p '/nowhere/at all'\n",
            );
        });
    it("is told of where it is a folder", async () => {
        const { code, stderr } = await upshift(["metrics", "--out", os.tmpdir()]);
        assert.equal(code, 2);
        assert.match(stderr, /is a folder, and a file is to be written/);
    });
    it("takes from nobody what could not be written", async () => {
        const cli = await installedCli();
        const { code, stdout, stderr } = await cli.run("plan --cwd ../theirs --json --svg /dev/full");
        cli.remove();
        assert.equal(code, 2);
        assert.match(stderr, /upshift: ENOSPC/);
        // Then the error, as JSON too.
        assert.match(stdout, /^\{\n {2}"schema": /);
    });
});

describe("what `upshift comment` takes for a plan", function () {
    this.timeout(60_000);

    it("is none of the user's own files, and the way out overwrites none", async () => {
        const { code, stderr } = await upshift(["comment", "Pulumi.yaml"]);
        assert.equal(code, 2);
        assert.match(stderr, /Pulumi\.yaml is no plan.*\n {2}fix: npx upshift plan --markdown-file upshift-plan\.md/);
    });
    it("is told of where it is not there, or can't be read", async () => {
        const absent = await upshift(["comment", "absent.md"]);
        assert.match(absent.stderr, /^upshift: There is no file absent\.md\.\n {2}fix: npx upshift plan/);
        const folder = await upshift(["comment", "docs"]);
        assert.match(folder.stderr, /^upshift: docs can't be read: EISDIR.*\n {2}fix: npx upshift plan/);
        assert.deepEqual([absent.code, folder.code], [2, 2]);
    });
});
