import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";

const script = path.join(projectRoot(), "action", "changedStacks.mjs");

/** Run in a Git repository with three stacks, code and docs, after one more commit. */
describe("the stacks that a change concerns", () => {
    let folder: string;
    let base: string;

    beforeEach(() => {
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "changed-stacks-"));
        git("init", "--quiet", "--initial-branch", "main");
        for (const stack of ["dev", "prod", "eu.prod"]) write(`Pulumi.${stack}.yaml`, `config: # of ${stack}\n`);
        write("Pulumi.yaml", "name: shop\n");
        write("index.ts", "// The program: long enough to be known again when it moves.\nexport const shop = 1;\n");
        write("docs/step.md", "# A step\n");
        base = commit();
    });
    afterEach(() => fs.rmSync(folder, { recursive: true }));

    const git = (...args: string[]): string => {
        const author = ["-c", "user.name=ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false"];
        const { status, stdout, stderr } = spawnSync("git", [...author, ...args], { cwd: folder, encoding: "utf8" });
        assert.equal(status, 0, stderr);
        return stdout.trim();
    };
    const write = (file: string, text: string): void => {
        fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        fs.writeFileSync(path.join(folder, file), text);
    };
    const commit = (): string => {
        git("add", "--all");
        git("commit", "--quiet", "--message", "a change");
        return git("rev-parse", "HEAD");
    };
    const run = (...args: string[]) =>
        spawnSync(process.execPath, [script, ...args], { cwd: folder, encoding: "utf8" });
    const stacks = (since = base): string[] => {
        const { stdout, stderr, status } = run(since);
        assert.equal(status, 0, stderr);
        return (JSON.parse(stdout.replace(/^stacks=/, "")) as string[]).sort();
    };
    const all = ["dev", "eu.prod", "prod"];

    it("are those whose config changed, also of a stack with a point in its name", () => {
        write("Pulumi.eu.prod.yaml", "config: {}\n");
        commit();
        assert.deepEqual(stacks(), ["eu.prod"]);
    });

    it("are none for docs and tests, and all for code, whatever it is called", () => {
        write("docs/step.md", "# Another\n");
        write("test/unit/größe.test.ts", "// new\n");
        write("components/README.md", "new\n");
        commit();
        assert.deepEqual(stacks(), []);
        write("components/größe.ts", "// new\n");
        commit();
        assert.deepEqual(stacks(), all);
    });

    it("are all when code moves to where no code is, or a stack's config gets another name", () => {
        fs.renameSync(path.join(folder, "index.ts"), path.join(folder, "docs/index.ts"));
        const moved = commit();
        assert.deepEqual(stacks(), all);
        fs.renameSync(path.join(folder, "Pulumi.prod.yaml"), path.join(folder, "Pulumi.us.prod.yaml"));
        commit();
        assert.deepEqual(stacks(moved), ["us.prod"]);
        assert.match(run(moved).stderr, /Pulumi\.prod\.yaml is gone: .*pulumi destroy --stack prod/);
    });

    it("count from where a branch began, not what main has had since", () => {
        git("checkout", "--quiet", "-b", "branch");
        write("Pulumi.dev.yaml", "config: {}\n");
        commit();
        git("checkout", "--quiet", "main");
        write("index.ts", "export const shop = 2;\n");
        const main = commit();
        git("checkout", "--quiet", "branch");
        assert.deepEqual(stacks(main), ["dev"]);
    });

    it("are all where GitHub knows no commit before, and an error where there is none of that name", () => {
        assert.deepEqual(stacks("0".repeat(40)), all);
        assert.notEqual(run("f".repeat(40)).status, 0);
        for (const wrong of [[], ["main"], ["--output=stolen"]]) {
            const { status, stderr, stdout } = run(...wrong);
            assert.equal(status, 1);
            assert.match(stderr, /is no commit\.\n {2}fix: node action\/changedStacks\.mjs/);
            assert.equal(stdout, "");
        }
    });
});
