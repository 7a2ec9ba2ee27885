import * as assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { isDebugged } from "../../plugins/language/debugging";

describe("debug messages of the SDK", () => {
    /** What a host says whose Pulumi was given this. */
    async function said(...given: string[]): Promise<boolean> {
        const pulumi = spawn(process.execPath, ["-e", "console.log(); process.stdin.resume()", "--", ...given]);
        try {
            await once(pulumi.stdout, "data");
            return isDebugged({}, pulumi.pid);
        } finally {
            pulumi.kill();
        }
    }

    it("are sent where Pulumi was asked for them, in whichever way", async () => {
        for (const given of [
            ["up", "--debug"],
            ["up", "--debug=true"],
            ["-d", "up"],
            ["up", "-yd"],
        ])
            assert.equal(await said(...given), true, given.join(" "));
        assert.equal(isDebugged({ PULUMI_OPTION_DEBUG: "true" }), true);
    });
    it("are not sent where nobody would see them", async () => {
        for (const given of [
            ["up", "--yes", "--skip-preview"],
            ["preview", "--diff", "--stack", "dev"],
        ])
            assert.equal(await said(...given), false, given.join(" "));
    });
    it("are sent where nobody knows", () => assert.equal(isDebugged({}, 2 ** 31 - 1), true));
});
