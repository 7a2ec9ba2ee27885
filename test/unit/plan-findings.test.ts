import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { describeFindings } from "../../components/traffic/judge/words";
import type { Finding } from "../../components/traffic/judge/findings";
import type { PolicyEvent } from "../../rollout/plan/events";
import { findingsFile } from "../../rollout/plan/hookFindings";
import { findingsIn } from "../../rollout/plan/writtenFindings";
import { makePlan } from "../../rollout/plan/make";
import { asMarkdown } from "../../rollout/plan/markdown";
import type { Plan } from "../../rollout/plan/model";
import { asText } from "../../rollout/plan/text";
import { knownOf, type Situation, split } from "../support/previews";

const jump: Finding = {
    code: "raise",
    service: "review",
    version: "v2",
    from: 0,
    to: 90,
    limit: 25,
    allowed: 25,
    canSwitch: true,
    fix: "pulumi config set-all --path --plaintext weights.review.v1=75 --plaintext weights.review.v2=25",
};
const policy = (message: string, level: PolicyEvent["level"] = "mandatory"): PolicyEvent => ({
    policy: "step-size",
    pack: "upshift",
    level,
    message,
});
const refused = (...messages: string[]) =>
    messages.map((message) => ({ severity: "error" as const, message, resource: "review-vs" }));

/** A jump of review to 90, with what others say of it. */
const plan = (more: Situation): Plan =>
    makePlan(knownOf(split("review", { weights: { v1: 100, v2: 0 } }, { weights: { v1: 10, v2: 90 } }), more));

describe("the plan's findings", () => {
    it("are data: what it is about, what would be allowed, and the command for it", () => {
        const [finding, ...others] = plan({}).findings;
        const { code, service, version, allowed, fix, source } = finding ?? {};
        assert.deepEqual(others, []);
        assert.deepEqual([code, service, version, allowed, source], ["raise", "review", "v2", 25, "step check"]);
        assert.equal(fix, jump.fix);
    });
    it("of a hook are those of its file: the error that says them is a verdict, and no failure", () => {
        const message = `hook failed: this step may not go ahead:\n${describeFindings([jump])}`;
        const told = plan({ findings: [jump], diagnostics: refused(message) });
        assert.deepEqual([told.result, told.errors], ["refused", []]);
        assert.deepEqual(
            told.findings.map(({ source }) => source),
            ["step check"],
            "what the whole step's judgement says already is said once",
        );
    });
    it("of a hook that the preview did not let the plan see are said all the same", () => {
        const own: Finding = { code: "unreadable", service: "product", detail: "the cluster can't be asked" };
        const told = plan({ findings: [own], diagnostics: refused("product: the cluster can't be asked") });
        assert.deepEqual(
            told.findings.map(({ code, service }) => [code, service]),
            [
                ["raise", "review"],
                ["unreadable", "product"],
            ],
        );
        assert.deepEqual(told.errors, []);
    });
    it("are none of an error that only looks like one: without the file it is a failure", () => {
        const told = plan({ diagnostics: refused(`this step is refused:\n${describeFindings([jump])}`) });
        assert.equal(told.result, "failed");
        assert.equal(told.errors.length, 1);
    });
    it("leave an error beside a refusal what it is", () => {
        const told = plan({
            findings: [jump],
            diagnostics: refused(describeFindings([jump]), "the API server is gone"),
        });
        assert.deepEqual([told.result, told.errors], ["failed", ["review-vs: the API server is gone"]]);
    });
    it("name a policy beside the step's own check where it says the same, with or without the command", () => {
        for (const message of [describeFindings([jump]), describeFindings([{ ...jump, fix: undefined }])]) {
            const told = plan({ policies: [policy(message)] });
            assert.deepEqual(
                told.findings.map(({ source }) => source),
                ["step check and upshift/step-size"],
            );
        }
    });
    it("keep what else a policy says in its own words, on lines of their own", () => {
        const message = "no budget for review\n  fix: add a PodDisruptionBudget";
        const told = plan({ policies: [policy(message, "advisory")] });
        const [, own] = told.findings;
        assert.deepEqual([own?.level, own?.message, own?.fix], ["advisory", message, undefined]);
        assert.match(asText(told), /no budget for review\n {4}fix: add a PodDisruptionBudget/);
        assert.match(asMarkdown(told), /no budget for review<br>fix: add a PodDisruptionBudget/);
    });
});

describe("the file of hooks' findings", () => {
    it("has a line for each hook, and goes when it was read", async () => {
        const file = findingsFile();
        fs.appendFileSync(file.path, `${JSON.stringify({ findings: [jump] })}\n`);
        fs.appendFileSync(file.path, `${JSON.stringify({ findings: [] })}\n`);
        assert.deepEqual(await file.read(), [jump]);
        file.remove();
        assert.ok(!fs.existsSync(path.dirname(file.path)));
    });
    it("keeps which of two services of one name a finding is of", () => {
        const part = { service: "review", namespace: "shop", version: "v2", from: 0, to: 20, allowed: 20 };
        const found: Finding[] = [{ ...jump, namespace: "shop", parts: [part] }];
        assert.deepEqual(findingsIn(`${JSON.stringify({ findings: found })}\n`), found);
        const told = plan({ findings: ["shop", "stage"].map((namespace) => ({ ...jump, namespace })) }).findings;
        assert.deepEqual(
            told.map(({ message }) => message.split(":")[0]),
            ["review", "review in shop", "review in stage"],
        );
    });
    it("is of its user alone: findings are the stack's business", () => {
        const file = findingsFile();
        assert.equal(fs.statSync(path.dirname(file.path)).mode & 0o077, 0);
        file.remove();
    });
    for (const [what, line] of [
        ["a line that was cut off", '{"findings":[{"code":"rai'],
        ["a finding of an unknown kind", '{"findings":[{"code":"fine","service":"review"}]}'],
        ["something else", '["raise"]'],
    ] as const)
        it(`is not read past ${what}: what can't be read is no permission`, () => {
            assert.throws(() => findingsIn(`${line}\n`));
        });
});
