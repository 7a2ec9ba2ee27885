import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import * as os from "node:os";
import * as path from "node:path";
import { clusterUid } from "../../components/mesh/clusterUid";
import { pulumi, pulumiWords } from "../../rollout/pulumi";
import { importState, setConfig } from "../../rollout/stack";
import { startCluster, type TestCluster } from "../support/apiserver";
import { appliedOn, removeStack, stackWithReview } from "../support/appliedStack";
import { upshift } from "../support/cli";
import { defineMeshKinds } from "../support/recordedWorld";

const name = "other-cluster-test";

/** Two real API servers behind one kubeconfig and one context, as when a cluster is deleted by hand and made again. */
describe("a stack whose cluster was made again under the same name", function () {
    this.timeout(900_000);
    let first: TestCluster;
    let second: TestCluster;
    let folder: string;
    let kubeconfig: string;
    const leadTo = (cluster: TestCluster): void => fs.copyFileSync(cluster.kubeconfig, kubeconfig);

    before(async () => {
        [first, second] = await Promise.all([startCluster(defineMeshKinds), startCluster(defineMeshKinds)]);
        folder = fs.mkdtempSync(path.join(os.tmpdir(), "other-cluster-"));
        kubeconfig = path.join(folder, "kubeconfig");
        leadTo(first);
        await stackWithReview(name, { v1: 80, v2: 20 });
        const config = {
            target: "context",
            context: "test",
            kubeconfig,
            registry: "registry.test",
            "limits.maxRaise": 25,
        };
        await setConfig(name, { ...config, "weights.review.v1": 60, "weights.review.v2": 40 });
        const uid = await clusterUid({ kubeconfig, context: "test" });
        await appliedOn(name, kubeconfig, "test", { target: "context", name: "test", uid });
    });
    after(async () => {
        await removeStack(name);
        await Promise.all([first?.stop(), second?.stop()]);
        fs.rmSync(folder, { recursive: true, force: true });
    });

    const told = (...args: string[]) => upshift([...args, "--stack", name]);
    const words =
        /Stack other-cluster-test is applied on the cluster of context test \((\w{8})\); this is another one: the cluster of context test \((?!\1)\w{8}\)\./;
    const fix = /fix: (npx upshift cluster forget --stack other-cluster-test)$/m;

    it("is not forgotten while its cluster is there", async () => {
        const { code, stderr } = await told("cluster", "forget");
        assert.equal(code, 1);
        assert.match(stderr, /The cluster of context test \(\w{8}\) is there[^]*fix: pulumi destroy --stack/);
        assert.equal((await told("guard")).code, 0);
    });

    describe("is refused, which is which, with the way on:", () => {
        before(() => leadTo(second));

        it("by guard", async () => {
            const { code, stderr } = await told("guard");
            assert.equal(code, 2, stderr);
            assert.match(stderr, words);
            assert.match(stderr, fix);
        });
        it("by plan, which does not compare the two", async () => {
            const { code, stdout } = await told("plan", "--json");
            const plan = JSON.parse(stdout) as {
                result: string;
                errors: string[];
                drift: unknown[];
                notKnown: string[];
            };
            assert.equal(code, 2, stdout);
            assert.deepEqual([plan.result, plan.drift], ["failed", []]);
            assert.match(plan.errors.join("\n"), words);
            assert.match(plan.errors.join("\n"), fix);
            assert.match(
                plan.notKnown.join("\n"),
                /what answers is another than the cluster of context test \(\w{8}\)/,
            );
        });
        it("by preview and up, and nothing is made on it", async () => {
            for (const args of [["preview"], ["up", "--yes", "--skip-preview"]]) {
                const failed = await pulumiWords([...args, "--stack", name]).then(
                    () => assert.fail(`pulumi ${args.join(" ")} went ahead`),
                    (error: Error) => error.message,
                );
                assert.match(failed, words);
                assert.match(failed, fix);
            }
            const { items } = (await second.request("GET", "/api/v1/namespaces")) as unknown as {
                items: { metadata: { name: string } }[];
            };
            assert.ok(!items.some(({ metadata }) => metadata.name.startsWith("istio")));
        });
        it("by status, which tells of the first all the same", async () => {
            const outputs = {
                urls: {},
                certificates: {},
                weights: { review: { v1: 80, v2: 20 } },
                canaryHeaders: {},
                details: {},
                kubeconfig,
                context: "test",
                gatewayAddress: "127.0.0.1:1",
            };
            const state = JSON.parse(await pulumi(["stack", "export", "--stack", name])) as {
                deployment: { resources: { type: string }[] };
            };
            const { deployment } = state;
            const resources = deployment.resources.map((one) =>
                one.type === "pulumi:pulumi:Stack" ? { ...one, outputs } : one,
            );
            await importState(name, { ...state, deployment: { ...deployment, resources } });
            const { code, stdout, stderr } = await told("status");
            assert.equal(code, 1, stderr);
            assert.match(stderr, words);
            assert.match(stderr, fix);
            assert.match(stdout, /v1 80 %, v2 20 %/);
        });
    });

    describe("then", () => {
        before(() => leadTo(second));

        it("goes on by the command that all of them name, and back by the one that it prints", async () => {
            const refused = await told("guard");
            const [, command] = fix.exec(refused.stderr) ?? [];
            assert.ok(command, refused.stdout + refused.stderr);
            const { code, stdout, stderr } = await upshift(command.split(" ").slice(2));
            assert.equal(code, 0, stderr);
            assert.match(stdout, /has forgotten \d+ resources; its config stays/);
            const judged = await told("guard");
            assert.equal(judged.code, 0, judged.stderr);
            assert.match(judged.stdout, /nothing is applied yet/);
            const [, back = ""] = /: (pulumi stack import .*)$/m.exec(stdout) ?? [];
            leadTo(first);
            await pulumi(back.split(" ").slice(1));
            const again = await told("guard");
            assert.equal(again.code, 0, again.stderr);
            assert.doesNotMatch(again.stdout, /nothing is applied yet/);
        });
    });
});
