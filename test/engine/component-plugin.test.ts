import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { inferredSchema } from "../../plugin/inferSchema";
import { startCluster, type TestCluster } from "../support/apiserver";
import { liveShare } from "../support/guarded";
import { sandbox, type Sandbox } from "../support/pulumi";
import { defineMeshKinds } from "../support/recordedWorld";

const plugin = path.join(projectRoot(), "plugin");

describe("the components for programs in other languages", function () {
    this.timeout(600_000);

    describe("their schema", () => {
        const schema = fs.readFileSync(path.join(plugin, "schema.json"), "utf8");

        it("is what Pulumi infers from the sources (else: npm run schema)", () => {
            assert.equal(schema, inferredSchema());
        });
        it("has a type for everything: nothing is Any, and no path of a machine is asked for", () => {
            assert.doesNotMatch(schema, /#\/Any|kubeconfig/);
        });
    });

    describe("by the plugin's protocol", () => {
        let cluster: TestCluster;
        let stack: Sandbox;

        const want = (splits: Record<string, number>): void => stack.write({ "splits.json": JSON.stringify(splits) });

        before(async () => {
            cluster = await startCluster(defineMeshKinds);
            stack = await sandbox({ "Pulumi.yaml": project, "index.ts": source(cluster), "splits.json": "{}" });
        });
        after(async () => {
            stack?.remove();
            await cluster?.stop();
        });

        it("give the schema to the Pulumi CLI, from which it makes the SDKs", async () => {
            const output = await stack.succeed("package", "get-schema", plugin);
            const { resources } = JSON.parse(output.slice(output.indexOf("{"))) as { resources: object };
            const { resources: written } = JSON.parse(fs.readFileSync(path.join(plugin, "schema.json"), "utf8")) as {
                resources: object;
            };
            assert.deepEqual(Object.keys(resources).sort(), Object.keys(written).sort());
        });
        it("are made as any language's host asks for them, several in one update", async () => {
            want({ review: 20, product: 10 });
            await stack.succeed("up", "--yes", "--skip-preview");
            assert.deepEqual([await liveShare(cluster, "review"), await liveShare(cluster, "product")], [20, 10]);
            const output = await stack.succeed("stack", "output", "--json");
            assert.deepEqual(JSON.parse(output), { product: { v1: 90, v2: 10 }, review: { v1: 80, v2: 20 } });
            const split = (await stack.resources()).find(({ urn }) => urn.endsWith("TrafficSplit::review"));
            assert.deepEqual(split?.inputs?.weights, { v1: 80, v2: 20 });
        });
        it("refuse a jump, in the preview and in the update", async () => {
            want({ review: 90, product: 10 });
            for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
                const { code, output } = await stack.pulumi(...command);
                assert.notEqual(code, 0, output);
                assert.match(output, /review: v2 20 → 90 is a raise of 70 points; at most 25 a step: try 45/);
            }
            assert.equal(await liveShare(cluster, "review"), 20);
        });
        it("make a step, and go back at once", async () => {
            want({ review: 45, product: 10 });
            await stack.succeed("up", "--yes", "--skip-preview");
            assert.equal(await liveShare(cluster, "review"), 45);
            want({ review: 0, product: 0 });
            await stack.succeed("up", "--yes", "--skip-preview");
            assert.deepEqual([await liveShare(cluster, "review"), await liveShare(cluster, "product")], [0, 0]);
        });
        it("tell what is wrong with their arguments", async () => {
            want({ review: 120, product: 0 });
            const { code, output } = await stack.pulumi("preview");
            assert.notEqual(code, 0);
            assert.match(output, /weights\.review\.v1: -20 is not a whole number from 0 to 100/);
        });
    });
});

const project = `name: sandbox
runtime:
  name: nodejs
  options:
    typescript: false
    nodeargs: --import ${path.join(projectRoot(), "plugins/language/typescript.mjs")}
plugins:
  providers:
    - name: upshift
      path: ${plugin}
`;

/** What the SDK of any language does, which is made from the schema: it registers a remote component by its type. */
function source({ kubeconfig }: TestCluster): string {
    return `
import * as fs from "node:fs";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";

class TrafficSplit extends pulumi.ComponentResource {
    declare readonly weights: pulumi.Output<Record<string, number>>;
    constructor(name: string, args: pulumi.Inputs, opts: pulumi.ComponentResourceOptions) {
        super("upshift:index:TrafficSplit", name, { ...args, weights: args.weights }, opts, true);
    }
}

const kubeconfig = ${JSON.stringify(kubeconfig)};
const provider = new k8s.Provider("cluster", { kubeconfig, context: "test", enableServerSideApply: true });
const splits: [string, number][] = Object.entries(JSON.parse(fs.readFileSync("splits.json", "utf8")));
export = Object.fromEntries(
    splits.map(([name, v2]) => {
        const args = { namespace: "default", versions: ["v1", "v2"], weights: { v1: 100 - v2, v2 }, waitSeconds: 0 };
        return [name, new TrafficSplit(name, args, { providers: [provider] }).weights];
    }),
);
`;
}
