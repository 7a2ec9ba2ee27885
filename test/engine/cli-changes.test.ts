import * as assert from "node:assert/strict";
import { sandbox, type Sandbox } from "../support/pulumi";
import { toolNamed, usersOwn } from "../../cluster/tools/tools";

const count = 60;

/** Many resources that are made at the same time, each of which looks before it is made whether the state says so. */
const program = `
import * as fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const begun = new pulumi.ResourceHook("begun", ({ urn }) => {
    const file = new URL(process.env.PULUMI_BACKEND_URL + "/.pulumi/stacks/sandbox/dev.json");
    const state = JSON.parse(fs.readFileSync(file, "utf8"));
    const pending = state.checkpoint.latest.pending_operations ?? [];
    if (!pending.some(({ resource, type }) => type === "creating" && resource.urn === urn)) throw new Error(urn + " is made unsaid");
});
for (let i = 0; i < ${count}; i++) new random.RandomString("s" + i, { length: 4 }, { hooks: { beforeCreate: [begun] } });
`;

/** Components whose inputs change with each update, and whose outputs stay. */
const components = `
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";

const step = new pulumi.Config().require("step");
class Split extends pulumi.ComponentResource {
    constructor(name: string) {
        super("test:index:Split", name, { step });
        new random.RandomString(name, { length: 4 }, { parent: this });
        this.registerOutputs();
    }
}
for (let i = 0; i < ${count}; i++) new Split("s" + i);
`;

/** Set-up changes modules of the CLI that it builds (cluster/tools/manifest.ts). */
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
    it("writes the state of many changes at once, and still before each of them is made", async function () {
        if (usersOwn(toolNamed("pulumi"))) this.skip();
        const many = await sandbox({ "index.ts": program });
        try {
            const writes = await writesOf(many);
            // One when each begins and one when it ends, where each is written by itself.
            assert.ok(writes > 0 && writes < 1.5 * count, `${writes} writes`);
            assert.equal((await many.resources()).filter(({ type }) => type.includes("RandomString")).length, count);
        } finally {
            many.remove();
        }
    });
    it("goes on to the next component while the state is written, where of the last one's outputs nothing is to be", async function () {
        if (usersOwn(toolNamed("pulumi"))) this.skip();
        const many = await sandbox({ "index.ts": components });
        try {
            await many.succeed("config", "set", "step", "1");
            await many.succeed("up", "--yes", "--skip-preview");
            await many.succeed("config", "set", "step", "2");
            const writes = await writesOf(many);
            assert.ok(writes > 0 && writes < count / 2, `${writes} writes`);
        } finally {
            many.remove();
        }
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

/** How often an update writes the state. */
async function writesOf(project: Sandbox): Promise<number> {
    const printed = await project.succeed("up", "--yes", "--skip-preview", "--logtostderr", "-v=7");
    return printed.match(/Saved stack \S+ checkpoint to:/g)?.length ?? 0;
}
