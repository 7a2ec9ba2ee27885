import * as assert from "node:assert/strict";
import { commandsFor, jsonFor, whereAsked } from "../../rollout/release/where";

describe("a command of Pulumi in a message", () => {
    const prod = (text: string): string => commandsFor(" --stack prod", text);

    it("is about the stack that was asked about", () => {
        assert.equal(
            prod(
                "release.review.to: v3 is not there\n  fix: pulumi config rm --path release.review.baseline && pulumi up",
            ),
            "release.review.to: v3 is not there\n  fix: pulumi config rm --stack prod --path release.review.baseline && pulumi up --stack prod",
        );
        assert.equal(
            prod("pulumi config set-all --path --plaintext weights.web.v1=100 && pulumi up, or pulumi config set a b"),
            "pulumi config set-all --stack prod --path --plaintext weights.web.v1=100 && pulumi up --stack prod, or pulumi config set --stack prod a b",
        );
    });
    it("is left as it is where it names one", () => {
        for (const text of [
            "fix: pulumi up --stack dev",
            "fix: pulumi up --refresh --stack dev",
            "pulumi config rm --stack dev --path a",
            "pulumi config set cluster NAME --stack dev",
            "npx upshift release review",
            "pulumi config get weights",
        ])
            assert.equal(prod(text), text);
        assert.equal(
            prod("pulumi config set a b && pulumi up --stack dev"),
            "pulumi config set --stack prod a b && pulumi up --stack dev",
        );
    });
    it("is about it where it is one of upshift that asks what goes on", () => {
        assert.equal(prod("who calls it: npx upshift graph"), "who calls it: npx upshift graph --stack prod");
        for (const text of ["npx upshift status --cwd here", "npx upshift history --stack dev"])
            assert.equal(prod(text), text);
    });
    it("is so in JSON, too", () => {
        const problem = { fix: "pulumi config set --path a b", other: ["npx upshift status --stack prod", 1] };
        assert.deepEqual(JSON.parse(jsonFor(" --stack prod", problem, 2)), {
            ...problem,
            fix: "pulumi config set --stack prod --path a b",
        });
        assert.deepEqual(JSON.parse(jsonFor(" --stack prod", { words: "pulumi up\n --stack b" })), {
            words: "pulumi up --stack prod\n --stack b",
        });
    });
    it("can be pasted, and is JSON, whatever the folder is called", () => {
        const where = whereAsked({ stack: "dev", cwd: `/their "own"/it's\\here` });
        assert.equal(where, ` --cwd '/their "own"/it'\\''s\\here'`);
        assert.deepEqual(JSON.parse(jsonFor(where, { fix: "pulumi up" })), { fix: `pulumi up${where}` });
    });
    it("needs nothing about the stack that commands are about anyway", () => {
        assert.equal(whereAsked({}), "");
        assert.equal(whereAsked({ stack: "dev" }), "");
        assert.equal(commandsFor("", "pulumi up"), "pulumi up");
        assert.equal(whereAsked({ stack: "prod" }), " --stack prod");
        assert.match(whereAsked({ stack: "prod", cwd: "/theirs" }), /^ --stack prod --cwd \/theirs$/);
    });
});
