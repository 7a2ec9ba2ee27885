import * as assert from "node:assert/strict";
import { readSettings } from "../../systems/config/read";
import { programs, type Program } from "../../systems/programs";
import { admission } from "../../systems/program/admission";
import { Asked } from "../support/program";

interface Policy {
    metadata: { name: string };
    spec: {
        matchConditions: { name: string; expression: string }[];
        variables?: { name: string; expression: string }[];
        validations: { expression: string; messageExpression: string }[];
    };
}

/** A system as the stack's program makes it, with its policies. */
const guarded =
    (system: string): Program =>
    (settings, around) => {
        const made = programs[system]?.(settings, around);
        assert.ok(made);
        admission(settings, around, [[system, made]]);
        return made;
    };
const policiesOf = async (system: string, config: Record<string, unknown>) => {
    const texts = Object.entries({ system, ...config }).map(([key, value]) => [key, JSON.stringify(value)]);
    const asked = await Asked.of(guarded(system), Object.fromEntries(texts) as Record<string, string>);
    return Object.values(asked.all<Policy>("ValidatingAdmissionPolicy"));
};

describe("guards.admission", function () {
    this.timeout(60_000);

    it("has the API server hold to the stack's limits for every service that the mesh splits", async () => {
        const config = { guards: { admission: true }, limits: { maxRaise: 20 }, stable: { customers: "v2" } };
        const policies = await policiesOf("workshop", { ...config, weights: { customers: { v1: 0, v2: 100 } } });
        const policy = policies.find(({ metadata: { name } }) => name === "workshop-step-size");
        const [{ expression } = { expression: "" }] = policy?.spec.matchConditions ?? [];
        assert.match(expression, /in \{'customers': 'v2'\}/);
        const limit = policy?.spec.variables?.find(({ name }) => name === "limit");
        assert.match(limit?.expression ?? "", /20/);
    });
    it("guards nothing unless the config wants it, and nothing that no mesh splits", async () => {
        assert.deepEqual(await policiesOf("workshop", {}), []);
        assert.deepEqual(await policiesOf("stages", { guards: { admission: true } }), []);
    });
});

describe("the second person's mark", () => {
    it("is config that a program takes", () => {
        assert.deepEqual(readSettings({ approvedBy: "ann", author: "bob" }).problems, []);
        assert.match(readSettings({ approvedBy: "" }).problems[0]?.message ?? "", /does not fit/);
    });
});
