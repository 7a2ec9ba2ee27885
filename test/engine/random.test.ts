import * as assert from "node:assert/strict";
import { compareSync } from "bcryptjs";
import { type Sandbox, sandbox, type StateResource } from "../support/pulumi";

describe("the embedded random provider in a stack", function () {
    this.timeout(600_000);
    let stack: Sandbox;
    before(async () => {
        stack = await sandbox({
            "index.ts": `
                import * as pulumi from "@pulumi/pulumi";
                import * as random from "@pulumi/random";
                const release = new pulumi.Config().get("release") ?? "one";
                const pet = new random.RandomPet("pet", { length: 3, keepers: { release } });
                const id = new random.RandomId("id", { byteLength: 4, prefix: pulumi.interpolate\`\${pet.id}-\` });
                const password = new random.RandomPassword("password", { length: 20, minSpecial: 3, overrideSpecial: "!" });
                new random.RandomString("string", { length: 8, special: false });
                new random.RandomInteger("integer", { min: 1, max: 6 });
                new random.RandomUuid("uuid");
                new random.RandomBytes("bytes", { length: 8 });
                export const [hex, result, bcryptHash] = [id.hex, password.result, password.bcryptHash];`,
        });
        await stack.succeed("up", "--yes", "--skip-preview");
    });
    after(() => stack.remove());

    const find = async (name: string): Promise<StateResource> => {
        const found = (await stack.resources()).find(({ urn }) => urn.endsWith(`::${name}`));
        return found ?? assert.fail(`the state has no ${name}`);
    };

    it("knows at the preview only what the program gave", async () => {
        const fresh = await sandbox({
            "index.ts":
                'import * as random from "@pulumi/random";\nconst p = new random.RandomPet("pet");\nexport const [id, length] = [p.id, p.length];',
        });
        const output = await fresh.succeed("preview");
        fresh.remove();
        assert.match(output, /id *: \[unknown\]/);
        assert.match(output, /length: 2/);
    });

    it("changes nothing when nothing changed, also after a refresh", async () => {
        assert.match(await stack.succeed("up", "--yes", "--skip-preview", "--refresh"), /8 unchanged/);
    });

    it("keeps secrets out of the state and out of what is printed", async () => {
        const outputs = JSON.parse(await stack.succeed("stack", "output", "--json", "--show-secrets")) as Record<
            string,
            string
        >;
        assert.match(outputs.result ?? "", /^.{20}$/);
        assert.ok(compareSync(outputs.result ?? "", outputs.bcryptHash ?? ""));
        const exported = await stack.succeed("stack", "export");
        assert.ok(!exported.includes(outputs.result ?? "") && !exported.includes(outputs.bcryptHash ?? ""));
        assert.match(await stack.succeed("stack", "output"), /result +\[secret\]/);
    });

    it("lays out the state as the official provider does", async () => {
        const password = await find("password");
        assert.equal(password.id, "none");
        assert.equal(password.outputs?.__meta, '{"schema_version":"3"}');
        assert.deepEqual(password.inputs, { length: 20, minSpecial: 3, overrideSpecial: "!" });
        const { hex, b64Url, id, prefix } = (await find("id")).outputs as Record<string, string>;
        assert.equal(b64Url, `${prefix}${id}`);
        assert.equal(hex, `${prefix}${Buffer.from(id ?? "", "base64url").toString("hex")}`);
    });

    it("replaces what has other keepers, and what was made from it", async () => {
        const before = await find("pet");
        await stack.succeed("config", "set", "release", "two");
        assert.match(await stack.succeed("preview", "--diff"), /~ release: "one" => "two"/);
        assert.match(await stack.succeed("up", "--yes", "--skip-preview"), /2 replaced\s+6 unchanged/);
        assert.notEqual((await find("pet")).id, before.id);
    });

    it("names the resource and the input that can't be", async () => {
        const wrong = await sandbox({
            "index.ts":
                'import * as random from "@pulumi/random";\nnew random.RandomInteger("dice", { min: 6, max: 1 });',
        });
        const { code, output } = await wrong.pulumi("preview");
        wrong.remove();
        assert.notEqual(code, 0);
        assert.match(output, /resource 'dice': property min value \{6\} has a problem: 6 is more than max, 1/);
    });

    it("takes over a password that is there, which is then a secret without a change", async () => {
        const taken = await sandbox({
            "index.ts": 'import * as random from "@pulumi/random";\nnew random.RandomPassword("old", { length: 8 });',
        });
        const type = "random:index/randomPassword:RandomPassword";
        await taken.succeed("import", type, "old", "hunter22", "--yes", "--protect=false", "--generate-code=false");
        assert.ok(!(await taken.succeed("stack", "export")).includes("hunter22"));
        const output = await taken.succeed("preview");
        taken.remove();
        assert.match(output, /2 unchanged|1 unchanged/);
        assert.doesNotMatch(output, /to replace/);
    });
});
