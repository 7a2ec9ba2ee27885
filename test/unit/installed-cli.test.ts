import * as assert from "node:assert/strict";
import { installedCli, type InstalledCli } from "../support/installedCli";

/** Every command that is about a stack, as it is first asked for. */
const aboutStacks = [
    ...["status", "plan", "guard", "route review", "graph", "verify review", "restore review", "history", "metrics"],
    ...["gate review --replay 24h", "release review --to v2", "step review", "retry review", "goto review 10"],
    ...["rollback review", "rollback --all", "abort review", "undo --yes", "finish review"],
    ...["pause review", "resume review", "promote review", "stop-the-line"],
];

describe("the installed CLI, in a folder that is no project", function () {
    this.timeout(120_000);
    let cli: InstalledCli;

    before(async () => (cli = await installedCli()));
    after(() => cli?.remove());

    for (const command of aboutStacks)
        it(`is about the project that --cwd names: ${command}`, async () => {
            const { code, stdout, stderr } = await cli.run(`${command} --cwd ../theirs --stack absent`);
            assert.equal(code, 2, stderr);
            assert.match(stdout + stderr, /no stack (named ')?absent/);
            assert.doesNotMatch(stdout + stderr, /nowhere|^ +at /m);
        });
    it("tells it as JSON where that is asked for", async () => {
        const { code, stdout } = await cli.run("status --cwd ../theirs --stack absent --json");
        assert.equal(code, 2);
        const { error } = JSON.parse(stdout) as { error: { what: string } };
        assert.match(error.what, /^There is no stack absent in the project \S+\/theirs/);
    });
    it("does the whole of what it is asked to, and says how to go on from there", async () => {
        const { code, stdout, stderr } = await cli.run("stop-the-line --cwd ../theirs --reason night");
        assert.equal(code, 0, stderr);
        assert.match(stdout, /night \(said on stack dev\)\./);
        assert.ok(stdout.includes(`To go on: npx upshift go-on --cwd ${cli.project}\n`), stdout);
    });
    it("gets as far as to look for the users that are to go back", async () => {
        const { code, stderr } = await cli.run("rollback review --cwd ../theirs");
        assert.equal(code, 2);
        assert.match(stderr, /^upshift: Nothing is applied of stack dev: its state is empty\./);
    });
    it("says what a new project lacks, which has no Pulumi.yaml either", async () => {
        const { code, stderr } = await cli.run("init --service web --cwd . --kubeconfig absent");
        assert.equal(code, 2);
        assert.match(stderr, /^upshift: .*absent/);
        assert.doesNotMatch(stderr, /^ +at /m);
    });
    it("names the folder where there is no project, and what to do", async () => {
        const { code, stderr } = await cli.run("status");
        assert.equal(code, 2);
        assert.match(
            stderr,
            /^upshift: There is no Pulumi\.yaml in \S+\/nowhere nor above it\.\n {2}fix: cd to your Pulumi/,
        );
    });
});
