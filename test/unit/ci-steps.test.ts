import * as assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { parse } from "yaml";
import { projectRoot } from "../../cluster/paths";
import { standIns, type StandIns } from "../support/standIns";

interface Step {
    id?: string;
    run?: string;
    env?: Record<string, string>;
}
const inRoot = (...names: string[]): string => path.join(projectRoot(), ...names);
const yaml = (...names: string[]): unknown => parse(fs.readFileSync(inRoot(...names), "utf8"));

/** What a runner would run, in a folder with a policy pack, and with stand-ins for node and pulumi. */
describe("the steps that CI runs", () => {
    const before = process.env.PATH ?? "";
    let folder: string;
    let programs: StandIns;

    beforeEach(() => {
        folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "ci-steps-")));
        for (const file of ["policies/config/dev.json", "approved/plan.json", "plan/plan.json", "summary", "output"]) {
            fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
            fs.writeFileSync(path.join(folder, file), "");
        }
        const done = { "": {} };
        programs = standIns({ node: done, pulumi: done });
    });
    afterEach(() => {
        programs.remove();
        fs.rmSync(folder, { recursive: true });
    });

    /** As GitHub calls bash. */
    const bash = (script: string, env: Record<string, string>) =>
        spawnSync("/bin/bash", ["--noprofile", "--norc", "-eo", "pipefail", "-c", script], {
            cwd: folder,
            encoding: "utf8",
            env: { PATH: `${process.env.PATH}:${before}`, ...env },
        });
    const summary = () => fs.readFileSync(path.join(folder, "summary"), "utf8");
    const stepOfAction = (id: string): string => {
        const { runs } = yaml("action", "action.yml") as { runs: { steps: Step[] } };
        return runs.steps.find((step) => step.id === id)?.run ?? assert.fail(`no step ${id}`);
    };
    const act = (id: string, env: Record<string, string> = {}) =>
        bash(stepOfAction(id), {
            GITHUB_ACTION_PATH: inRoot("action"),
            GITHUB_OUTPUT: path.join(folder, "output"),
            GITHUB_STEP_SUMMARY: path.join(folder, "summary"),
            UPSHIFT: "upshift.mjs",
            STACK: "dev",
            WORK_DIR: ".",
            APPROVED: "approved",
            POLICY_PACK: "policies",
            POLICY_PACK_CONFIG: "policies/config/dev.json",
            UPDATE_PLAN: "false",
            ...env,
        });
    const packs = () => [
        "--policy-pack",
        `${folder}/policies`,
        "--policy-pack-config",
        `${folder}/policies/config/dev.json`,
    ];
    const plan = () => ["node", "upshift.mjs", "plan", "--cwd", ".", "--stack", "dev", ...packs()];
    const up = () => ["pulumi", "up", "--yes", "--non-interactive", "--stack", "dev", ...packs()];

    it("plan with the policy pack, and keep the exit code until the comment is written", () => {
        programs.says("node", "upshift.mjs", { code: 1 });
        assert.equal(act("plan").status, 0);
        const files = ["--json-file", "plan/plan.json", "--markdown-file", "plan/plan.md", "--svg", "plan/plan.svg"];
        assert.deepEqual(programs.calls()[0], [...plan(), ...files]);
        assert.match(fs.readFileSync(path.join(folder, "output"), "utf8"), /^code=1$/m);
    });

    it("apply with the policy pack what a plan made now still says", () => {
        const { status, stderr } = act("up");
        assert.equal(status, 0, stderr);
        assert.deepEqual(programs.calls(), [[...plan(), "--approved", `${folder}/approved/plan.json`], up()]);
    });

    it("apply nothing when the plan is another by now", () => {
        programs.says("node", "upshift.mjs plan", { code: 1, stderr: "this is not what was approved any more" });
        assert.equal(act("up").status, 1);
        assert.equal(programs.calls().length, 1);
    });

    it("apply nothing without an approved plan, and say so", () => {
        fs.rmSync(path.join(folder, "approved"), { recursive: true });
        for (const APPROVED of ["approved", ""]) {
            const { status, stderr } = act("up", { APPROVED });
            assert.equal(status, 1);
            assert.match(stderr, /There is no approved plan of dev: no plan\.json in ".*"\.\n {2}fix: /);
        }
        assert.deepEqual(programs.calls(), []);
    });

    it("hold Pulumi to its update plan only where that is asked for", () => {
        assert.equal(act("plan", { UPDATE_PLAN: "true" }).status, 0);
        assert.ok(programs.calls()[0]?.join(" ").includes("--save-plan plan/update-plan.json"));
        assert.match(act("up", { UPDATE_PLAN: "true" }).stderr, /no update-plan\.json in "approved"/);
        fs.writeFileSync(path.join(folder, "approved/update-plan.json"), "{}");
        assert.equal(act("up", { UPDATE_PLAN: "true" }).status, 0);
        assert.deepEqual(programs.calls().at(-1), [...up(), "--plan", `${folder}/approved/update-plan.json`]);
    });

    it("do nothing with a policy pack, or limits for it, that are not there", () => {
        for (const id of ["plan", "up"])
            for (const [name, value] of [
                ["POLICY_PACK", "polices"],
                ["POLICY_PACK_CONFIG", "policies/config/eu.prod.json"],
            ] as const) {
                const { status, stderr } = act(id, { [name]: value });
                assert.equal(status, 1);
                assert.match(stderr, /There is no (polices|policies\/config\/eu\.prod\.json), which --policy-pack/);
            }
        assert.deepEqual(programs.calls(), []);
    });

    it("say in words on a pull request of Dependabot's or of a fork why nothing is planned, and what to do", () => {
        const { jobs } = yaml(".github", "workflows", "preview.yml") as { jobs: Record<string, { steps: Step[] }> };
        const script = jobs.unplanned?.steps[0]?.run ?? "";
        const env = { STACKS: '["dev"]', GITHUB_STEP_SUMMARY: path.join(folder, "summary") };
        const said = bash(script, { ...env, ACTOR: "dependabot[bot]", FROM: "me/shop" });
        assert.equal(said.status, 0);
        assert.match(
            said.stdout,
            /^::notice title=Nothing is planned::Dependabot's .* no secrets.*git commit --allow-empty/,
        );
        assert.match(summary(), /stacks `\["dev"\]`[^]*Dependabot's[^]*nobody has seen a plan/);
        assert.match(bash(script, { ...env, ACTOR: "eve", FROM: "eve/shop" }).stdout, /comes from eve\/shop, /);
        assert.match(bash(script, { ...env, ACTOR: "eve", FROM: "" }).stdout, /from a repository that is gone, /);
    });

    it("do the same on GitLab: plan with the policy pack, and apply what that plan still says", () => {
        type Job = {
            script?: string[];
            variables?: Record<string, string>;
            artifacts?: { paths: string[] };
            needs?: string[];
        };
        const jobs = yaml("action", "gitlab-ci.example.yml") as Record<string, Job>;
        const { STACK = "", POLICIES = "" } = jobs[".upshift"]?.variables ?? {};
        const env = { STACK, POLICIES: POLICIES.replace("$STACK", STACK) };
        for (const job of [".plan", "up"]) {
            const { status, stderr } = bash(jobs[job]?.script?.join("\n") ?? "exit 9", env);
            assert.equal(status, 0, stderr);
        }
        const pack = "--policy-pack policies --policy-pack-config policies/config/dev.json";
        const files = "--json-file plan/plan.json --markdown-file plan/plan.md --svg plan/plan.svg";
        assert.deepEqual(
            programs.calls().map((call) => call.join(" ")),
            [
                `node bin/upshift.mjs plan --stack dev ${pack} ${files}`,
                `node bin/upshift.mjs plan --stack dev ${pack} --approved plan/plan.json`,
                `pulumi up --yes --non-interactive --stack dev ${pack}`,
            ],
        );
        // The artifact is there only where a job of the same pipeline is needed.
        assert.deepEqual([jobs.up?.needs, jobs[".plan"]?.artifacts?.paths], [["plan"], ["plan/"]]);
    });
});
