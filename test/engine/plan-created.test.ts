import * as assert from "node:assert/strict";
import * as path from "node:path";
import { upshift } from "../support/cli";
import { sandbox, type Sandbox } from "../support/pulumi";

/** What a program creates that makes a key, a time and a password anew at each run, until the first `up` has kept them. */
const program = `
import * as fs from "node:fs";
import * as pulumi from "@pulumi/pulumi";

class Server extends pulumi.ComponentResource {
    constructor(name: string, args: pulumi.Inputs) {
        super("test:index:Server", name, args);
        this.registerOutputs({});
    }
}
const { image } = JSON.parse(fs.readFileSync("told.json", "utf8"));
const pair = pulumi.secret({ public: String(Math.random()), private: "hunter2" + Math.random() });
const kept = new pulumi.Stash("kept", { input: pair });
const made = { certificate: pulumi.unsecret(pair.apply((both) => both.public)), password: kept.output, at: new Date().toISOString() };
new Server("review", { image, ...made, uses: [{ name: made.certificate }] });
`;

describe("upshift plan --approved of what is created", function () {
    this.timeout(300_000);
    let stack: Sandbox;

    const tell = (image: string): void => stack.write({ "told.json": JSON.stringify({ image }) });
    const plan = async (...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }> =>
        upshift(["plan", "--cwd", stack.folder, "--json", ...args], { ...process.env, ...stack.environment });
    const approved = (): string => path.join(stack.folder, "approved.json");

    before(async () => {
        stack = await sandbox({ "index.ts": program });
        tell("demo:1");
        const { stdout } = await plan("--json-file", approved());
        assert.match(stdout, /"image": "sha256:/);
        assert.doesNotMatch(stdout, /demo:1|hunter2/);
    });
    after(() => stack?.remove());

    it("takes what the program makes anew at each run for what was approved", async () => {
        const { code, stderr } = await plan("--approved", approved());
        assert.equal(code, 0, stderr);
        assert.match(stderr, /Previewing once more/);
    });

    it("refuses what is made anew at each run now, and was the same each time when it was approved", async () => {
        const random = program.replace(
            'new Server("review", { image,',
            'new Server("review", { image: image + Math.random(),',
        );
        assert.notEqual(random, program);
        stack.write({ "index.ts": random });
        const { code, stderr } = await plan("--approved", approved());
        stack.write({ "index.ts": program });
        assert.equal(code, 1, stderr);
        assert.match(stderr, /changes\[Server review\]\.created\.inputs\.image: sha256:/);
    });

    it("refuses what is otherwise than it was approved, and tells that alone", async () => {
        tell("evil:2");
        const { code, stderr } = await plan("--approved", approved());
        assert.equal(code, 1, stderr);
        assert.match(
            stderr,
            /not what was approved any more:\n {2}changes\[Server review\]\.created\.inputs\.image: sha256:\S+ → sha256:\S+\n {2}fix: /,
        );
    });
});
