import * as assert from "node:assert/strict";
import { CommanderError } from "commander";
import { Refused } from "../../cluster/refused";
import { refuse } from "../../cluster/target";
import { errorAsJson, ExitCode, exitCodeFor, wordsFor } from "../../rollout/exitCode";
import { upshift } from "../support/cli";
import { UserError } from "../../components/userError";

describe("how a command ends", function () {
    this.timeout(60_000);

    const mistyped: readonly (readonly [args: string, told: RegExp])[] = [
        ["plna", /unknown command 'plna'\n\(Did you mean plan\?\)\n {2}fix: npx upshift --help$/],
        ["plan --stak dev", /unknown option '--stak'\n\(Did you mean --stack\?\)\n {2}fix: npx upshift plan --help$/],
        ["cluster upp", /unknown command 'upp'\n\(Did you mean up\?\)\n {2}fix: npx upshift cluster --help$/],
        ["cluster up --target k3", /Allowed choices are [^]*k3d[^]*\n {2}fix: npx upshift cluster up --help$/],
        ["verify", /missing required argument 'service'\n {2}fix: npx upshift verify --help$/],
        ["verify review --requests 0", /must be a whole number from 1\.\n {2}fix: npx upshift verify --help$/],
        ["status now", /too many arguments for 'status'/],
    ];
    for (const [args, told] of mistyped)
        it(`is 2 after \`upshift ${args}\`, with what is near`, async () => {
            const { code, stdout, stderr } = await upshift(args.split(" "));
            assert.deepEqual([code, stdout], [2, ""], stderr);
            assert.match(stderr.trim(), told);
        });
    it("is 2 where nothing is asked for, and 0 where help is", async () => {
        assert.equal((await upshift([])).code, 2);
        const { code, stdout } = await upshift(["--help"]);
        assert.equal(code, 0);
        assert.match(
            stdout,
            /Exit codes: 0 all is well, 1 findings, 2 could not be asked or done, 3 a release stays where it is\.\n$/,
        );
    });
    it("is 2 where there is no such stack", async () => {
        const { code, stderr } = await upshift(["guard", "--stack", "not-there"]);
        assert.equal(code, 2, stderr);
    });

    it("is 1 for what was found, and for nothing else that is thrown", () => {
        assert.throws(
            () => refuse({ name: "k3d", cluster: "mine" }, [{ what: "Docker is not there", fix: "install it" }]),
            (error) => exitCodeFor(error) === ExitCode.Findings,
        );
        assert.equal(exitCodeFor(new Refused({ what: "the way back is too far" })), 1);
        for (const thrown of [new Error("no cluster"), new TypeError("x is not a function"), "text"])
            assert.equal(exitCodeFor(thrown), 2, String(thrown));
    });
    it("says what is wrong and the way out in parts, for scripts", () => {
        const parts = { what: "There is no stack prdo.", where: "Pulumi.yaml", fix: "--stack prod" };
        const error = new UserError(parts);
        assert.equal(error.message, "Pulumi.yaml: There is no stack prdo.\n  fix: --stack prod");
        assert.deepEqual(errorAsJson(error), { error: parts });
        assert.deepEqual(errorAsJson(new Error("no cluster")), {
            error: { what: "no cluster", where: undefined, fix: undefined },
        });
        assert.equal(new UserError({ what: "It is so." }).message, "It is so.");
    });
    it("says once what was wrong: Commander has its own words out already", () => {
        assert.equal(wordsFor(new CommanderError(1, "commander.unknownOption", "unknown option")), undefined);
        assert.equal(wordsFor(new Error("no cluster")), "upshift: no cluster");
    });
});
