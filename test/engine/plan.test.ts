import * as assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import type { Plan } from "../../rollout/plan/model";
import { startCluster, type TestCluster } from "../support/apiserver";
import { upshift } from "../support/cli";
import { guardedSandbox, liveShare } from "../support/guarded";
import { defineMeshKinds } from "../support/recordedWorld";

const up = ["up", "--yes", "--skip-preview"];

interface Told {
    code: number | null;
    plan: Plan;
    markdown: string;
    stderr: string;
}

/** A project of a user's own, with its own state and passphrase: the plan comes from outside, by --cwd. */
describe("upshift plan, by Pulumi's engine and an API server", function () {
    this.timeout(900_000);
    let cluster: TestCluster;
    let stack: Awaited<ReturnType<typeof guardedSandbox>>;

    before(async () => {
        cluster = await startCluster(defineMeshKinds);
        stack = await guardedSandbox(cluster);
        stack.config({ review: { v2: 20 }, product: { v2: 0 } });
        await stack.succeed(...up);
    });
    after(async () => {
        stack?.remove();
        await cluster?.stop();
    });

    /** The plan as JSON, and the Markdown that was written beside it whatever became of it. */
    const plan = async (...args: string[]): Promise<Told> => {
        const file = path.join(stack.folder, "plan.md");
        fs.rmSync(file, { force: true });
        const all = ["plan", "--cwd", stack.folder, "--json", "--markdown-file", file, ...args];
        const { code, stdout, stderr } = await upshift(all, { ...process.env, ...stack.environment });
        assert.ok(fs.existsSync(file), `no Markdown was written:\n${stdout}${stderr}`);
        const markdown = fs.readFileSync(file, "utf8");
        assert.match(markdown, /^<!-- upshift:sandbox\/\w+ -->\n/);
        return { code, plan: JSON.parse(stdout) as Plan, markdown, stderr };
    };
    /** As a person does it: by kubectl, past Pulumi. */
    const kubectlSets = (v2: number): void => {
        const weight = (index: number, value: number) => ({
            op: "replace",
            path: `/spec/http/0/route/${index}/weight`,
            value,
        });
        const patch = JSON.stringify([weight(0, 100 - v2), weight(1, v2)]);
        const what = ["patch", "virtualservice.networking.istio.io", "review-vs", "-n", "default"];
        const where = ["--kubeconfig", cluster.kubeconfig, "--context", "test"];
        execFileSync(toolPath("kubectl"), [...where, ...what, "--type=json", "-p", patch], { stdio: "pipe" });
    };

    it("says nothing to do in one line when there is nothing", async () => {
        const { code, plan: nothing } = await plan();
        assert.equal(code, 0, JSON.stringify(nothing));
        assert.deepEqual([nothing.result, nothing.services, nothing.drift], ["nothing", [], []]);
    });

    describe("of a step that is allowed", () => {
        const saved = (): string => path.join(stack.folder, "update-plan.json");
        const approved = (): string => path.join(stack.folder, "plan.json");
        before(() => stack.config({ review: { v2: 40 }, product: { v2: 0 } }));

        it("tells which users move, and which step of how many it is", async () => {
            const { code, plan: step } = await plan("--save-plan", saved(), "--json-file", approved());
            assert.equal(code, 0, JSON.stringify(step));
            const [review, ...others] = step.services;
            assert.deepEqual(others, []);
            assert.deepEqual(
                [review?.applied?.weights, review?.proposed?.weights],
                [
                    { v1: 80, v2: 20 },
                    { v1: 60, v2: 40 },
                ],
            );
            assert.equal(review?.step.words, "step 2 of 5 to v2");
            assert.deepEqual(step.changes[0]?.fields, [
                { path: "weights.v1", from: 80, to: 60 },
                { path: "weights.v2", from: 20, to: 40 },
            ]);
        });
        it("is as plain in Pulumi's own diff: the weights, and nothing of what stays or is not known", async () => {
            const printed = await stack.succeed("preview", "--diff");
            assert.match(printed, /~ weights\s*: \{\s*~ v1: 80 => 60\s*~ v2: 20 => 40\s*\}/);
            assert.doesNotMatch(printed, /product|\[unknown\]|output</);
            assert.match(printed, /~ 2 to update/);
        });
        it("is refused as an update plan when the config has moved since, and nobody is moved", async () => {
            stack.config({ review: { v2: 45 }, product: { v2: 0 } });
            const { code, output } = await stack.pulumi("up", "--yes", "--plan", saved());
            stack.config({ review: { v2: 40 }, product: { v2: 0 } });
            assert.notEqual(code, 0, output);
            assert.match(output, /violates plan/);
            assert.equal(await liveShare(cluster, "review"), 20);
        });
        it("names who has written what in the cluster, and is no longer what was approved", async () => {
            kubectlSets(30);
            const { code, plan: drifted, markdown, stderr } = await plan("--approved", approved());
            assert.equal(code, 1, stderr);
            const [found] = drifted.drift;
            assert.equal(found?.resource, "VirtualService default/review-vs");
            assert.equal(found?.by, "kubectl-patch");
            assert.deepEqual(
                found?.fields.map(({ from, to }) => [from, to]),
                [
                    [80, 70],
                    [20, 30],
                ],
            );
            assert.match(markdown, /was applied as 80 and is 70.*last written by kubectl-patch at 20/);
            assert.match(
                stderr,
                /not what was approved any more:\n {2}result: changes → refused\n {2}drift\[VirtualService default\/review-vs\]: – → [^]*fix: preview again/,
            );
        });
        it("is what was approved when all is as it was, and then the action does exactly that", async () => {
            kubectlSets(20);
            const workspace = fs.mkdtempSync(path.join(os.tmpdir(), "workspace-"));
            try {
                const outputs = await actionStep("plan", workspace, { WORK_DIR: stack.folder });
                assert.equal(outputs, "code=0\nresult=changes\n");
                await actionStep("up", workspace, { WORK_DIR: stack.folder, APPROVED: "plan" });
                assert.equal(await liveShare(cluster, "review"), 40);
            } finally {
                fs.rmSync(workspace, { recursive: true });
            }
        });
        /** Runs a step of the composite action as GitHub does, in a user's workspace. @returns the step's outputs */
        const actionStep = async (id: string, workspace: string, inputs: Record<string, string>): Promise<string> => {
            const file = fs.readFileSync(path.join(projectRoot(), "action", "action.yml"), "utf8");
            const { runs } = parse(file) as { runs: { steps: { id?: string; run?: string }[] } };
            const step = runs.steps.find((one) => one.id === id);
            const [outputs, summary] = ["outputs", "summary"].map((name) => path.join(workspace, name));
            const env = {
                ...process.env,
                ...stack.environment,
                GITHUB_ACTION_PATH: path.join(projectRoot(), "action"),
                UPSHIFT: path.join(projectRoot(), "bin", "upshift.mjs"),
                STACK: "dev",
                POLICY_PACK: "",
                POLICY_PACK_CONFIG: "",
                UPDATE_PLAN: "false",
                GITHUB_OUTPUT: outputs,
                GITHUB_STEP_SUMMARY: summary,
                ...inputs,
            };
            fs.writeFileSync(outputs ?? "", "");
            await promisify(execFile)("bash", ["-eo", "pipefail", "-c", step?.run ?? "exit 9"], {
                cwd: workspace,
                env,
            });
            return fs.readFileSync(outputs ?? "", "utf8");
        };
    });

    it("ends with 1 when the guard refuses, and names the next allowed value", async () => {
        stack.config({ review: { v2: 90 }, product: { v2: 0 } });
        const { code, plan: refused, markdown } = await plan();
        assert.equal(code, 1, JSON.stringify(refused));
        assert.deepEqual([refused.result, refused.errors], ["refused", []]);
        assert.deepEqual(
            refused.findings.map(({ level, source, code, allowed }) => [level, source, code, allowed]),
            [["mandatory", "step check", "raise", 45]],
        );
        assert.match(markdown, /⛔/);
    });

    describe("with bad input ends with 2, tells what is known, and writes its Markdown:", () => {
        const serving = { review: "v1 60 %, v2 40 %", product: "v1 100 %" };
        const failed = async (why: RegExp, ...args: string[]): Promise<Plan> => {
            const { code, plan: told, markdown } = await plan(...args);
            assert.equal(code, 2, JSON.stringify(told));
            assert.equal(told.result, "failed");
            assert.match(told.errors.join("\n"), why);
            assert.match(markdown, /❌/);
            return told;
        };
        const own = { ...process.env };
        afterEach(() => Object.assign(stack.environment, { PULUMI_BACKEND_URL: own.TEST_BACKEND }));
        before(() => (own.TEST_BACKEND = stack.environment.PULUMI_BACKEND_URL));

        it("a stack that is not there", async () => {
            const { notKnown } = await failed(
                /no stack named 'nowhere'[^]*fix: pulumi stack init nowhere/,
                "--stack",
                "nowhere",
            );
            assert.match(notKnown.join("\n"), /state could not be read/);
        });
        it("a backend that can't be read", async () => {
            Object.assign(stack.environment, { PULUMI_BACKEND_URL: "file:///nowhere/at/all" });
            await failed(/nowhere|backend|login/);
        });
        it("a preview that fails halfway: what has been seen stands, and what serves meanwhile", async () => {
            stack.config({ review: { v2: 50 }, product: { v2: 130 } });
            const told = await failed(/130/);
            assert.deepEqual(told.serving, serving);
            assert.match(told.notKnown.join("\n"), /did not get to its end/);
        });
        it("a policy pack that crashes", async () => {
            stack.config({ review: { v2: 50 }, product: { v2: 0 } });
            stack.write({
                "pack/PulumiPolicy.yaml": "runtime: nodejs\nmain: index.js\n",
                "pack/package.json": '{ "name": "crash", "version": "0.0.1" }',
                "pack/index.js": 'throw new Error("the pack is broken");',
            });
            const told = await failed(/pack/, "--policy-pack", path.join(stack.folder, "pack"));
            assert.deepEqual(told.serving, serving);
        });
        it("a cluster that does not answer: the plan is made from the state, and says so", async () => {
            const config = JSON.parse(fs.readFileSync(cluster.kubeconfig, "utf8")) as {
                clusters: { cluster: { server: string } }[];
            };
            await cluster.stop();
            const [{ cluster: gone } = { cluster: { server: "" } }] = config.clusters;
            config.clusters = [
                { name: "test", cluster: { server: gone.server, "insecure-skip-tls-verify": true } } as never,
            ];
            fs.mkdirSync(path.dirname(cluster.kubeconfig));
            fs.writeFileSync(cluster.kubeconfig, JSON.stringify(config));
            const { code, plan: told, markdown } = await plan();
            fs.rmSync(path.dirname(cluster.kubeconfig), { recursive: true });
            assert.equal(code, 2, JSON.stringify(told));
            assert.match(markdown, /live cluster not seen/);
            assert.match(told.notKnown.join("\n"), /live cluster not seen: .*ECONNREFUSED/);
            assert.deepEqual(
                told.services.map(({ service, proposed }) => [service, proposed?.weights]),
                [["review", { v1: 50, v2: 50 }]],
            );
        });
    });
});
