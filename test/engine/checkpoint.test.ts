import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { checkpointOf } from "../../components/split/checkpoint";
import { sandbox, type Sandbox } from "../support/pulumi";

const program = `
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
export const pet = new random.RandomPet("pet").id;
export const hidden = pulumi.secret("nobody sees this");
`;

/** A resource with a hook, as every split has one: Pulumi writes the state in another form then. */
const withHook = `${program}
new random.RandomPet("hooked", {}, { hooks: { afterCreate: [() => {}] } });
`;

describe("a state that a file backend keeps", function () {
    this.timeout(120_000);
    let project: Sandbox;
    const at = (stack: string) => ({ backend: project.environment.PULUMI_BACKEND_URL, project: "sandbox", stack });
    const file = (): string =>
        path.join(fileURLToPath(project.environment.PULUMI_BACKEND_URL ?? ""), ".pulumi/stacks/sandbox/dev.json");
    before(async () => (project = await sandbox({ "index.ts": program })));
    after(() => project.remove());

    it("is read as Pulumi exports it, before the first update and after it, secrets closed", async () => {
        const exported = async (): Promise<unknown> => JSON.parse(await project.succeed("stack", "export"));
        assert.deepEqual(await checkpointOf(at("dev")), await exported());
        await project.succeed("up", "--yes", "--skip-preview");
        const read = await checkpointOf(at("dev"));
        assert.deepEqual(read, await exported());
        assert.match(JSON.stringify(read), /ciphertext/);
        assert.doesNotMatch(JSON.stringify(read), /nobody sees this/);
    });
    it("is read where resources have hooks, as those of a split have", async () => {
        project.write({ "index.ts": withHook });
        await project.succeed("up", "--yes", "--skip-preview");
        const read = await checkpointOf(at("dev"));
        assert.deepEqual(read, JSON.parse(await project.succeed("stack", "export")));
        assert.match(JSON.stringify(read), /"features":\["hooks"\]/);
    });
    it("is waited for while it is written", async () => {
        const whole = fs.readFileSync(file(), "utf8");
        fs.writeFileSync(file(), whole.slice(0, 100));
        const read = checkpointOf(at("dev"));
        fs.writeFileSync(file(), whole);
        assert.deepEqual(await read, JSON.parse(await project.succeed("stack", "export")));
    });
    it("is left to Pulumi where there is no such stack, another form, or another backend", async () => {
        assert.equal(await checkpointOf(at("absent")), undefined);
        for (const backend of [undefined, "s3://states", "file://~", "https://api.pulumi.com"])
            assert.equal(await checkpointOf({ ...at("dev"), backend }), undefined);
        for (const form of ['"version":5', '"version":4,"features":["of later"]']) {
            fs.writeFileSync(file(), `{${form},"checkpoint":{}}`);
            assert.equal(await checkpointOf(at("dev")), undefined, form);
        }
    });
});
