import * as assert from "node:assert/strict";
import type { Command } from "commander";
import { programFor } from "../../rollout/program";
import { ownCli } from "../../systems/cli";
import { advised } from "../support/advice";

describe("a command that a message offers", function () {
    this.timeout(120_000);

    it("is one that the program takes, with these options and arguments", async () => {
        const offered = advised("npx upshift");
        assert.ok(offered.length > 30, `${offered.length} commands were found`);
        const wrong: string[] = [];
        for (const { command, at } of offered) {
            const why = await refusal(command.split(/\s+/).slice(2));
            if (why !== undefined) wrong.push(`${at}: ${command}: ${why}`);
        }
        assert.deepEqual(wrong, []);
    });
    it("would be found wrong otherwise", async () => {
        assert.match((await refusal(["cluster", "upp"])) ?? "", /unknown command/);
        assert.match((await refusal(["cluster", "up", "--databse"])) ?? "", /unknown option/);
        assert.match((await refusal(["restore"])) ?? "", /missing required argument/);
        assert.match((await refusal(["cluster", "up", "now"])) ?? "", /too many arguments/);
        assert.equal(await refusal(["cluster", "up", "--https-port", "1", "--target", "k3d"]), undefined);
    });
});

/** Why the CLI does not take arguments; undefined where it does. Nothing is done. */
async function refusal(args: readonly string[]): Promise<string | undefined> {
    let told = "";
    const idle = (command: Command): void => {
        command.exitOverride().configureOutput({ writeErr: (text) => (told += text), writeOut: () => undefined });
        if (command.commands.length === 0) command.action(() => undefined);
        command.commands.forEach(idle);
    };
    const program = await programFor(args[0], ownCli);
    idle(program);
    try {
        await program.parseAsync(args, { from: "user" });
        return undefined;
    } catch (error) {
        return told.split("\n")[0] || (error as Error).message;
    }
}
