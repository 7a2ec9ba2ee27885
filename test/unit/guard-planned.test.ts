import * as assert from "node:assert/strict";
import { judgementOf } from "../../rollout/guard/planned";
import { type Plan, schemaVersion } from "../../rollout/plan/model";

const plan: Plan = {
    schema: schemaVersion,
    project: "theirs",
    stack: "prod",
    result: "changes",
    services: [
        {
            service: "shop",
            by: "mesh",
            stable: "v1",
            applied: { weights: { v1: 80, v2: 20 }, special: [] },
            proposed: { weights: { v1: 60, v2: 40 }, special: [] },
            step: { kind: "raise", n: 2, of: 5, words: "step 2 of 5 to v2" },
            words: [],
        },
    ],
    pods: [],
    replaced: [],
    findings: [],
    drift: [],
    live: { seen: true },
    errors: [],
    notKnown: [],
    changes: [],
    counts: {},
};
const refused = {
    level: "mandatory",
    source: "step check",
    message: "shop: v2 20 → 90",
    fix: "pulumi config …",
} as const;

describe("the guard's judgement of a project that is not ours", () => {
    it("tells who moves, and has nothing against a step that a plan has nothing against", () => {
        assert.deepEqual(judgementOf(plan), {
            moves: ["~ shop: v1 80 %, v2 20 % → v1 60 %, v2 40 % (step 2 of 5 to v2)"],
            findings: [],
            notes: [],
        });
    });
    it("has each refusal as a finding, and advice as a note", () => {
        const advice = { level: "advisory", source: "pack/probes", message: "shop has no probe" } as const;
        const { findings, notes } = judgementOf({ ...plan, result: "refused", findings: [refused, advice] });
        assert.deepEqual(findings, [refused]);
        assert.deepEqual(notes, ["pack/probes: shop has no probe"]);
    });
    it("is none where the preview failed, or the cluster that would be changed is silent", () => {
        const failed: Plan = { ...plan, result: "failed", errors: ["the program throws"] };
        assert.throws(() => judgementOf(failed), /the program throws/);
        const silent: Plan = { ...plan, live: { seen: false, why: "ECONNREFUSED" } };
        assert.throws(() => judgementOf(silent), /the cluster did not answer: ECONNREFUSED/);
    });
    it("is of the state alone where nothing tells where the cluster is, and says so", () => {
        const unasked: Plan = { ...plan, live: { seen: false, why: "no provider tells where it is", unasked: true } };
        assert.match(judgementOf(unasked).notes[0] ?? "", /the state alone is judged: no provider tells where it is/);
    });
    it("refuses what was found also where the cluster is silent", () => {
        const both: Plan = {
            ...plan,
            result: "refused",
            findings: [refused],
            live: { seen: false, why: "ECONNREFUSED" },
        };
        assert.equal(judgementOf(both).findings.length, 1);
    });
});
