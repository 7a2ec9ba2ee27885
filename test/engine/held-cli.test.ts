import * as assert from "node:assert/strict";
import { once } from "node:events";
import { spawn } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { toolNamed, usersOwn } from "../../cluster/tools/tools";
import { HeldCli } from "../../rollout/release/heldCli";
import { type Sandbox, sandbox } from "../support/pulumi";

const program = `
import * as pulumi from "@pulumi/pulumi";
console.log("said by the program");
export const greeting = new pulumi.Config().requireSecret("greeting");
`;

/** The CLI that set-up builds can begin before it is known what it is to do (cluster/tools/pulumi/held/held.go). */
describe("a Pulumi CLI that is held", function () {
    this.timeout(120_000);
    const up = ["up", "--yes", "--skip-preview", "--stack", "dev", "--non-interactive", "--color", "never"];
    let project: Sandbox;
    before(async function () {
        if (usersOwn(toolNamed("pulumi"))) this.skip();
        project = await sandbox({ "index.ts": program });
        await project.succeed("config", "set", "--secret", "greeting", "hello");
    });
    after(() => project?.remove());

    const held = (environment: NodeJS.ProcessEnv = project.environment): HeldCli =>
        HeldCli.start({
            stackFile: path.join(project.folder, "Pulumi.dev.yaml"),
            cwd: project.folder,
            env: environment,
            files: [],
            scratch: path.dirname(project.folder),
        });

    it("does then what any other would, with the secrets that the config has by then", async () => {
        const cli = held();
        assert.equal(await cli.ready, true);
        await project.succeed("config", "set", "--secret", "greeting", "good morning");
        const { code, printed } = (await cli.tell(up, project.environment)) ?? {};
        assert.equal(code, 0, printed);
        assert.match(printed ?? "", /said by the program/);
        assert.equal((await project.succeed("stack", "output", "greeting", "--show-secrets")).trim(), "good morning");
    });
    it("fails as any other does, and has the environment that it is told", async () => {
        const cli = held({ ...project.environment, PULUMI_CONFIG_PASSPHRASE: "another" });
        assert.equal(await cli.ready, true);
        const wrong = { ...project.environment, PULUMI_CONFIG_PASSPHRASE: "yet another" };
        const { code, printed } = (await cli.tell(up, wrong)) ?? {};
        assert.notEqual(code, 0);
        assert.match(printed ?? "", /incorrect passphrase/);
    });
    it("makes good a passphrase that was wrong when it began", async () => {
        const cli = held({ ...project.environment, PULUMI_CONFIG_PASSPHRASE: "another" });
        assert.equal(await cli.ready, true);
        const { code, printed } = (await cli.tell(up, project.environment)) ?? {};
        assert.equal(code, 0, printed);
    });
    it("is not asked where it is another one, which knows nothing of it", async () => {
        const others = fs.mkdtempSync(path.join(path.dirname(project.folder), "others-"));
        fs.writeFileSync(path.join(others, "pulumi"), "#!/bin/sh\necho unknown command >&2\nexit 255\n", {
            mode: 0o755,
        });
        const cli = held({ ...project.environment, PATH: `${others}:${process.env.PATH}` });
        assert.equal(await cli.ready, false);
        assert.equal(cli.tell(up, project.environment), undefined);
    });
    it("ends, and has done nothing, where whoever holds it is gone", async () => {
        const before = await project.succeed("stack", "export");
        const cli = spawn("pulumi", ["upshift-held", "Pulumi.dev.yaml"], {
            cwd: project.folder,
            env: project.environment,
            stdio: ["pipe", "inherit", "inherit", "pipe"],
        });
        await once(cli.stdio[3] as NodeJS.ReadableStream, "data");
        cli.stdin?.destroy();
        assert.deepEqual(await once(cli, "exit"), [0, null]);
        assert.equal(await project.succeed("stack", "export"), before);
    });
});
