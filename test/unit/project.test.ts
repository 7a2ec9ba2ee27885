import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { ofCheckouts, programFor } from "../../rollout/program";
import { otherProject, versionsDiffer } from "../../rollout/project";
import { ownCli } from "../../systems/cli";

describe("the project that a command is about", () => {
    let folder: string;
    beforeEach(() => (folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "project-")))));
    afterEach(() => fs.rmSync(folder, { recursive: true }));
    const has = (version: string): void => {
        fs.mkdirSync(path.join(folder, "node_modules/upshift"), { recursive: true });
        fs.writeFileSync(path.join(folder, "node_modules/upshift/package.json"), JSON.stringify({ version }));
    };

    it("is the nearest folder above with a Pulumi.yaml, and none is told with the way out", () => {
        const below = path.join(folder, "a/b");
        fs.mkdirSync(below, { recursive: true });
        assert.throws(() => otherProject(below), /There is no Pulumi\.yaml in .*\n {2}fix: name the folder/);
        assert.throws(() => otherProject(path.join(folder, "absent")), /There is no folder .*\n {2}fix: ls /);
        fs.writeFileSync(path.join(folder, "Pulumi.yaml"), "name: theirs\nruntime: nodejs\n");
        assert.equal(otherProject(below), folder);
    });
    it("is told of where it has another version of the package than the CLI", () => {
        assert.equal(versionsDiffer(folder, "0.9.0"), undefined);
        has("0.9.0");
        assert.equal(versionsDiffer(folder, "0.9.0"), undefined);
        assert.match(
            versionsDiffer(folder, "0.10.0") ?? "",
            /has upshift 0\.9\.0, which is older than this CLI \(0\.10\.0\)\.\n {2}fix: cd /,
        );
        assert.match(versionsDiffer(folder, "0.8.0") ?? "", /newer than this CLI/);
    });
    it("needs a checkout for each command that the checkout adds, so that an installed package can say so", () => {
        assert.deepEqual([...ofCheckouts].sort(), Object.keys(ownCli.commands).sort());
    });
    it("is one for which the package's page names every command, apart from those of a checkout", async () => {
        const page = fs.readFileSync(path.join(projectRoot(), "docs/package.md"), "utf8");
        const [ofCheckout = "", ...others] = page
            .split("\n")
            .filter((line) => line.includes("alone are for a checkout"));
        assert.deepEqual(others, []);
        const rows = page.split("\n").filter((line) => /^\| `npx upshift /.test(line));
        const named = (line: string): string[] =>
            [...line.matchAll(/`(?:npx upshift )?([a-z-]+)`/g)].map(([, name = ""]) => name);
        const anybodys = (await programFor()).commands.map((command) => command.name());
        assert.deepEqual(
            anybodys.filter((name) => !rows.flatMap(named).includes(name)),
            [],
        );
        assert.deepEqual(named(ofCheckout).sort(), [...ofCheckouts].sort());
    });
});
