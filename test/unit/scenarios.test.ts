import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { judgeShare } from "../../rollout/share";
import { releasePlan } from "../../rollout/release/plan";
import { declaredRelease } from "../../rollout/release/settings";
import { documentOf } from "../scenarios/document";
import { differences, type Live } from "../scenarios/live";
import { saidBy, tallied } from "../scenarios/load";
import { Rehearsal } from "../scenarios/rehearsal";
import { castOf, played, type Scenario } from "../scenarios/scenario";
import { sample, scenarios } from "../scenarios/table";

/** A sentence that is true of every scenario; the first of which it is not is named. */
const each = (what: string, check: (scenario: Scenario) => void): void => {
    it(what, () => {
        for (const scenario of scenarios)
            try {
                check(scenario);
            } catch (error) {
                (error as Error).message = `${scenario.name}: ${(error as Error).message}`;
                throw error;
            }
    });
};

describe("the scenarios of others", () => {
    it("have names and sources of their own, and say what the original asserts", () => {
        for (const key of ["name", "source"] as const)
            assert.equal(new Set(scenarios.map((one) => one[key])).size, scenarios.length, key);
        for (const { source, asserts } of scenarios) {
            assert.match(source, /^(argo|istio|flagger) \w[\w-]*\.(go|sh): \w/);
            assert.ok(asserts.length > 20, source);
        }
        assert.deepEqual(
            sample.filter((name) => !scenarios.some((one) => one.name === name)),
            [],
        );
    });
    it("are what docs/scenarios.md says; else: npm run docs:scenarios", () => {
        const page = fs.readFileSync(path.join(projectRoot(), "docs", "scenarios.md"), "utf8");
        assert.equal(page, documentOf());
    });
    it("measure Istio's own splits more narrowly than Istio does, of 2,000 requests or more", () => {
        for (const { name, steps } of scenarios.filter((one) => /shifting/.test(one.source)))
            for (const { found } of steps) {
                const { weights = {}, requests = 0 } = found ?? {};
                assert.ok(requests >= 2000, name);
                for (const weight of Object.values(weights))
                    assert.ok(judgeShare(weight, 0, requests).tolerance < 10, `${name} ${weight}`);
            }
    });
    each("give users to versions by whole shares that sum to 100", ({ steps }) => {
        for (const { found } of steps) {
            const all = Object.values(found?.weights ?? { old: 100 });
            assert.equal(
                all.reduce((sum, one) => sum + one, 0),
                100,
            );
            assert.ok(all.every((one) => Number.isInteger(one) && one >= 0));
        }
    });
    for (const old of ["v1", "v2"])
        each(
            `take steps that the judge lets through, and have the routes that they lead to, from ${old}`,
            (scenario) => {
                const rehearsal = new Rehearsal(scenario, old);
                for (const [index, step] of scenario.steps.entries()) {
                    const { findings, differs } = rehearsal.take(step);
                    assert.deepEqual([findings, differs], [[], []], `step ${index + 1}`);
                }
            },
        );
    each("release by steps that can be taken, with settings that can be meant", (scenario) => {
        const rehearsal = new Rehearsal(scenario, "v1");
        for (const step of scenario.steps) {
            const { does } = step;
            const command = "command" in does ? does.command : "starts" in does ? does.starts : "";
            const [, role, steps = ""] = /^release web --to \{(\w+)\} --steps (\S+)/.exec(command) ?? [];
            const { applied, release, hasHeader } = rehearsal.around;
            const read = declaredRelease.safeParse(release);
            assert.ok(read.success, JSON.stringify(read.error?.issues));
            const to = castOf("v1")[role as "new" | "third"];
            if (role !== undefined)
                assert.doesNotThrow(() => releasePlan("web", to, steps, applied, { hasHeader, where: "" }));
            rehearsal.take(step);
        }
    });
    each("know who has answered: no two versions that serve have the same image", (scenario) => {
        const rehearsal = new Rehearsal(scenario, "v1");
        for (const step of scenario.steps) {
            rehearsal.take(step);
            const { images } = rehearsal.live;
            assert.equal(new Set(Object.values(images)).size, Object.keys(images).length, JSON.stringify(images));
        }
    });
    it("say versions in the place of their parts, in paths and in texts", () =>
        assert.deepEqual(played({ "weights.web.{new}": 10, "stable.web": "{old}", x: undefined }, castOf("v2")), {
            "weights.web.v1": 10,
            "stable.web": "v2",
            x: undefined,
        }));
});

describe("what a scenario finds", () => {
    const cast = castOf("v1");
    const live: Live = {
        weights: { v1: 90, v2: 10 },
        stable: "v1",
        rules: ["weighted"],
        subsets: { v1: { version: "v1" }, v2: { version: "v2" } },
        mirror: undefined,
        pods: { v1: 4, v2: 1 },
        images: { v1: "v1", v2: "v2" },
    };
    const found = { weights: { old: 90, new: 10 }, pods: { old: 4 }, images: { new: "v2" } } as const;

    it("is nothing where all is as the step has it, whatever has no users", () => {
        assert.deepEqual(differences(found, live, cast), []);
        assert.deepEqual(differences(found, { ...live, weights: { v1: 90, v2: 10, v3: 0 } }, cast), []);
    });
    for (const [what, other, says] of [
        ["weights", { weights: { v1: 100, v2: 0 } }, 'the weights are {"v1":100}, and not {"v1":90,"v2":10}'],
        ["stable", { stable: "v2" }, 'stable is "v2", and not "v1"'],
        [
            "rules",
            { rules: ["canary-header", "weighted"] },
            'the rules are ["canary-header","weighted"], and not ["weighted"]',
        ],
        [
            "subsets",
            { subsets: { v1: { version: "v1" }, v2: { version: "v1" } } },
            'the subsets are {"v1":{"version":"v1"},"v2":{"version":"v1"}}, and not {"v1":{"version":"v1"},"v2":{"version":"v2"}}',
        ],
        ["copies", { mirror: { to: "v2", percent: 5 } }, 'copies go to {"percent":5,"to":"v2"}, and not undefined'],
        ["pods", { pods: { v1: 3 } }, 'available pods are {"v1":3}, and not {"v1":4}'],
        ["images", { images: { v2: "v3" } }, 'images are {"v2":"v3"}, and not {"v2":"v2"}'],
    ] as const)
        it(`is told of ${what} that are others`, () =>
            assert.deepEqual(differences(found, { ...live, ...other }, cast), [says]));
});

describe("the load of a scenario", () => {
    it("counts a version's own error by itself, and all else that is no answer of a version as a failure", () => {
        const said = [
            saidBy({ status: 200, body: "v2\n" }),
            saidBy({ status: 503, body: "busy\n" }),
            saidBy({ status: 503, body: "no healthy upstream" }),
            saidBy({ status: 200, body: "<html>" }),
        ];
        assert.deepEqual(tallied(said.map((one, began) => ({ began, ...one }))), {
            requests: 4,
            answers: { v2: 1 },
            failed: 2,
            reasons: { "503 no healthy upstream": 1, "200 <html>": 1 },
            ownErrors: 1,
        });
    });
});
