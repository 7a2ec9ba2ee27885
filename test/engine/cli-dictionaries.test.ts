import * as assert from "node:assert/strict";
import { sandbox, type Sandbox } from "../support/pulumi";
import { toolNamed, usersOwn } from "../../cluster/tools/tools";

/** Set-up changes two modules of the CLI that it builds (cluster/tools/manifest.ts). */
describe("the Pulumi CLI that set-up builds", function () {
    this.timeout(60_000);
    let project: Sandbox;
    before(async () => {
        project = await sandbox({});
    });
    after(() => project.remove());

    it("still knows by its dictionaries what looks like a secret", async () => {
        const { code, output } = await project.pulumi("config", "set", "apiToken", "X9f$kQ27pLz!vR4w");
        assert.match(output, /'sandbox:apiToken' looks like a secret/);
        assert.notEqual(code, 0);
        await project.succeed("config", "set", "apiToken", "passwordpassword");
    });
    it("does not read them where nobody asks", async function () {
        if (usersOwn(toolNamed("pulumi"))) this.skip();
        const traced = await sandbox({}, { GODEBUG: "inittrace=1" });
        try {
            const { output } = await traced.pulumi("version");
            const read = /^init \S+\/zxcvbn-go\/(\w+) .* (\d+) bytes/gm;
            const bytes = [...output.matchAll(read)].map(([, part, count]) => [part, Number(count)] as const);
            assert.ok(
                bytes.some(([part]) => part === "adjacency"),
                output,
            );
            // Reading them takes 8 MB each.
            assert.deepEqual(
                bytes.filter(([, count]) => count > 1_000_000),
                [],
            );
        } finally {
            traced.remove();
        }
    });
});
