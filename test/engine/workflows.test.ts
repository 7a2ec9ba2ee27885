import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { parse, stringify } from "yaml";
import { projectRoot } from "../../cluster/paths";
import { workflowText } from "../../rollout/init/workflow";
import { toolVersion } from "../../cluster/tools/manifest";
import { toolPath } from "../../cluster/tools/tools";

interface Job {
    environment?: string;
    needs?: string | string[];
    steps: { uses?: string; with?: Record<string, string> }[];
}
interface CompositeAction {
    inputs: Record<string, { description?: string; default?: string; required?: boolean }>;
    runs: { steps: Record<string, unknown>[] };
}

const folder = path.join(projectRoot(), ".github", "workflows");
const workflows = fs.readdirSync(folder).map((file) => path.join(folder, file));
const actionFile = path.join(projectRoot(), "action", "action.yml");
const jobs = (file: string): Record<string, Job> =>
    (parse(fs.readFileSync(file, "utf8")) as { jobs: Record<string, Job> }).jobs;
const allJobs = workflows.flatMap((file) => Object.values(jobs(file)));
const action = (): CompositeAction => parse(fs.readFileSync(actionFile, "utf8")) as CompositeAction;

describe("workflows and the action", function () {
    this.timeout(600_000);

    it("are as GitHub takes them: the workflows, and how they call the action", () => {
        assert.equal(complaints(workflows), "");
    });

    it("are as GitHub takes them also where upshift init writes them", () => {
        for (const hasPack of [true, false])
            for (const folder of [".", "infra/shop"])
                assert.equal(complaints(["-"], workflowText({ stack: "prod", folder, hasPack })), "");
    });

    it("has steps that would be fine in a workflow with the same inputs", () => {
        assert.equal(complaints(["-"], asWorkflow(action())), "");
    });

    it("would not pass with an input that is not declared", () => {
        const { inputs, runs } = action();
        const steps = [...runs.steps, { run: "echo", shell: "bash", env: { X: "${{ inputs.nowhere }}" } }];
        assert.match(complaints(["-"], asWorkflow({ inputs, runs: { steps } })), /property "nowhere" is not defined/);
    });

    it("take others' actions by full commit, with the version beside it", () => {
        const uses = [...workflows, actionFile].flatMap((file) =>
            fs
                .readFileSync(file, "utf8")
                .split("\n")
                .filter((line) => /\buses: /.test(line)),
        );
        assert.ok(uses.length > 5);
        const loose = uses.filter(
            (line) => !/uses: (\.\/\S+$|[\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$)/.test(line),
        );
        assert.deepEqual(loose, []);
    });

    it("plan and apply with the policy pack, in the limits of each stack that there is", () => {
        const calls = allJobs.flatMap(({ steps }) => steps.filter(({ uses }) => uses === "./action"));
        assert.deepEqual(
            calls.map((call) => [call.with?.command, call.with?.["policy-pack"], call.with?.["policy-pack-config"]]),
            ["plan", "up"].map((command) => [command, "policies", "policies/config/${{ matrix.stack }}.json"]),
        );
        const stacks = fs.readdirSync(projectRoot()).flatMap((file) => /^Pulumi\.(.+)\.yaml$/.exec(file)?.[1] ?? []);
        assert.ok(stacks.includes("prod"));
        for (const stack of stacks)
            assert.ok(fs.existsSync(path.join(projectRoot(), "policies", "config", `${stack}.json`)), stack);
    });

    it("give secrets to jobs of a stack's environment only, a branch's code to those of another than main's", () => {
        const withSecrets = allJobs.filter((job) => /secrets\.[A-Z]/.test(JSON.stringify(job)));
        assert.deepEqual(
            withSecrets.map(({ environment }) => environment),
            ["preview-${{ matrix.stack }}", "${{ matrix.stack }}"],
        );
    });

    it("have one job that is red when any other of a preview is", () => {
        const { planned, ...others } = jobs(path.join(folder, "preview.yml"));
        assert.deepEqual([planned?.needs].flat().sort(), Object.keys(others).sort());
    });

    it("run the version of Pulumi that upshift is tested with, on GitLab too", () => {
        const install = action().runs.steps.find(({ uses }) => String(uses).startsWith("pulumi/actions@"));
        assert.deepEqual(install?.with, { "pulumi-version": toolVersion("pulumi") });
        const gitLab = fs.readFileSync(path.join(projectRoot(), "action", "gitlab-ci.example.yml"), "utf8");
        assert.deepEqual(
            [...gitLab.matchAll(/pulumi\/pulumi-nodejs[^\s]*/g)].map(([image]) => image),
            [`pulumi/pulumi-nodejs-22:${toolVersion("pulumi")}`],
        );
    });
});

/** What actionlint says; empty when it is content. Programs that may or may not be on the machine take no part. */
function complaints(files: readonly string[], text = ""): string {
    const args = ["-shellcheck=", "-pyflakes=", "-no-color", ...files];
    const { stdout, stderr, error } = spawnSync(toolPath("actionlint"), args, { encoding: "utf8", input: text });
    if (error) throw error;
    return `${stdout}${stderr}`;
}

/** actionlint knows workflows alone: the steps of a composite action as those of one that is called with its inputs. */
function asWorkflow({ inputs, runs }: CompositeAction): string {
    const typed = Object.fromEntries(
        Object.entries(inputs).map(([name, input]) => [name, { ...input, type: "string" }]),
    );
    return stringify({
        on: { workflow_call: { inputs: typed } },
        jobs: { action: { "runs-on": "ubuntu-24.04", steps: runs.steps } },
    });
}
