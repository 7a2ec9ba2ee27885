import * as assert from "node:assert/strict";
import { stepRules } from "../../components/mesh/stepRules";
import { annotations } from "../../components/traffic/world/marks";

const texts = (rules: ReturnType<typeof stepRules>): string[] => [
    ...[...rules.matchConditions, ...rules.variables].map(({ expression }) => expression),
    ...[...rules.refusals, ...rules.warnings].flatMap(({ expression, messageExpression }) => [
        expression,
        messageExpression,
    ]),
];
const variable = (rules: ReturnType<typeof stepRules>, name: string): string =>
    rules.variables.find((one) => one.name === name)?.expression ?? "";

describe("the rules of a StepAdmission", () => {
    const rules = stepRules({ maxRaise: 20, stable: { review: "v1", product: "v2" } });

    it("guard the services that they are given, and those whose routes say what is stable", () => {
        const [{ expression } = { expression: "" }] = rules.matchConditions;
        assert.match(expression, /in \{'review': 'v1', 'product': 'v2'\}/);
        assert.ok(expression.includes(`oldObject.metadata.annotations['${annotations.stable}']`));
    });

    it("measure by the marks of what is applied, and by the arguments only where it has none", () => {
        for (const [name, mark, otherwise] of [
            ["limit", annotations.maxRaise, "20.0"],
            ["together", annotations.maxRaiseTogether, "20.0"],
            ["stable", annotations.stable, "'review': 'v1'"],
            ["declared", annotations.blueGreen, "''"],
        ] as const) {
            assert.ok(variable(rules, name).includes(`oldObject.metadata.annotations['${mark}']`), name);
            assert.doesNotMatch(variable(rules, name), /(?<!old)[oO]bject\.metadata/, name);
            assert.ok(variable(rules, name).includes(otherwise), name);
        }
        assert.ok(variable(stepRules({ stable: {} }), "limit").includes("25.0"));
    });

    it("take for stable what users are led to by its name, and what testers are only where nobody else is led anywhere", () => {
        assert.match(variable(rules, "oldUsers"), /^variables\.before_http \+ variables\.before_tls/);
        assert.match(variable(rules, "leading"), /^\(variables\.oldUsers\.exists\(r, .* \? variables\.oldUsers : /);
        for (const { expression } of rules.refusals) assert.doesNotMatch(expression, /oldRules/);
        assert.ok(rules.refusals[0]?.expression.includes("variables.leading.exists("));
    });

    it("ask of nothing that may not be there, since the API server refuses what it can't work out", () => {
        // Each field of an object that is optional is asked for by `has` in the same expression.
        for (const text of texts(rules))
            for (const [, field = ""] of text.matchAll(/\.spec\.(\w+)/g))
                assert.ok(
                    text.includes(`has(object.spec.${field})`) || text.includes(`has(oldObject.spec.${field})`),
                    text,
                );
    });

    it("are short enough for an API server, and closed", () => {
        for (const text of texts(rules)) {
            assert.ok(text.length < 90_000, `${text.length}`);
            const bare = text.replace(/'(\\.|[^'\\])*'/g, "");
            for (const [open, close] of ["()", "[]", "{}"].map((pair) => [...pair] as [string, string]))
                assert.equal(bare.split(open).length, bare.split(close).length, text);
        }
    });
});
