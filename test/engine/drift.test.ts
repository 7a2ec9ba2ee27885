import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { toolPath } from "../../cluster/tools/tools";
import { clusterUid } from "../../components/mesh/clusterUid";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import type { Plan } from "../../rollout/plan/model";
import { setConfig } from "../../rollout/stack";
import { startCluster, type TestCluster } from "../support/apiserver";
import { appliedOn, removeStack, stackWithReview } from "../support/appliedStack";
import { upshift, type Told } from "../support/cli";
import { guardedSandbox, liveShare } from "../support/guarded";
import { defineMeshKinds } from "../support/recordedWorld";

const up = ["up", "--yes", "--skip-preview"];
const name = "drift-test";

describe("a route that somebody on call has patched by kubectl", function () {
    this.timeout(900_000);
    let cluster: TestCluster;
    before(async () => void (cluster = await startCluster(defineMeshKinds)));
    after(() => cluster?.stop());

    /** As a person does it: past Pulumi. */
    const kubectlSets = (v2: number, namespace = "default"): void => {
        const weight = (index: number, value: number) => ({
            op: "replace",
            path: `/spec/http/0/route/${index}/weight`,
            value,
        });
        const patch = JSON.stringify([weight(0, 100 - v2), weight(1, v2)]);
        const what = ["patch", "virtualservice.networking.istio.io", "review-vs", "-n", namespace];
        const where = ["--kubeconfig", cluster.kubeconfig, "--context", "test"];
        execFileSync(toolPath("kubectl"), [...where, ...what, "--type=json", "-p", patch], { stdio: "pipe" });
    };

    describe("of a program of one's own", () => {
        let stack: Awaited<ReturnType<typeof guardedSandbox>>;
        before(async () => {
            stack = await guardedSandbox(cluster);
            stack.config({ review: { v2: 20 }, product: { v2: 0 } });
            await stack.succeed(...up);
        });
        after(() => stack?.remove());

        const told = (...args: string[]): Promise<Told> =>
            upshift([...args, "--cwd", stack.folder], { ...process.env, ...stack.environment });
        const plan = async (): Promise<Plan> => JSON.parse((await told("plan", "--json")).stdout) as Plan;
        const refused = async (...args: string[]): Promise<void> => {
            const { code, output } = await stack.pulumi(...args);
            assert.notEqual(code, 0, `pulumi ${args.join(" ")} was let through:\n${output}`);
            assert.match(
                output,
                /review: VirtualService default\/review-vs was written by kubectl-patch at 20\S+Z, and users were moved by that \(as applied → now: review: v1 80 → 70, v2 20 → 30\)\n\s+fix: give review in the program what the cluster has now, or npx upshift restore review --cwd \./,
            );
            assert.doesNotMatch(output, /patchForce/);
        };

        it("is what a plan tells first: who, when, who was moved, and the two ways on", async () => {
            kubectlSets(30);
            const { code, stdout } = await told("plan");
            assert.equal(code, 0, stdout);
            const [, second = ""] = stdout.split("\n\n");
            assert.match(second, /^Somebody else has moved users since the last update: choose one before the next\n/);
            assert.match(
                second,
                /kubectl-patch has written VirtualService default\/review-vs at 20.*v1 80 → 70, v2 20 → 30/,
            );
            assert.match(second, /fix: npx upshift restore review --cwd \.$/m);
        });
        it("is neither written over nor passed over: by refresh, by its own step, by a step of another", async () => {
            stack.config({ review: { v2: 20 }, product: { v2: 10 } });
            await refused(...up);
            stack.config({ review: { v2: 40 }, product: { v2: 0 } });
            await refused("preview", "--refresh");
            await refused(...up);
            assert.equal((await plan()).result, "refused");
            assert.deepEqual([await liveShare(cluster, "review"), await liveShare(cluster, "product")], [30, 0]);
        });
        it("is given back by restore what was applied, and the step goes ahead", async () => {
            const { code, stdout, stderr } = await told("restore", "review");
            assert.equal(code, 0, stderr);
            assert.match(stdout, /~ review: v1 70 → 80, v2 30 → 20\nreview is served as it was applied again/);
            assert.equal(await liveShare(cluster, "review"), 20);
            assert.match((await told("restore", "review")).stdout, /Nobody else has moved users of review/);
            await stack.succeed(...up);
            assert.equal(await liveShare(cluster, "review"), 40);
            assert.deepEqual((await plan()).drift, []);
        });
        it("is adopted by a program that says the same, and nobody is moved or measured by the way there", async () => {
            kubectlSets(90);
            stack.config({ review: { v2: 90 }, product: { v2: 0 } });
            const { result, services, findings } = await plan();
            assert.deepEqual([result, services, findings], ["changes", [], []]);
            await stack.succeed(...up);
            assert.equal(await liveShare(cluster, "review"), 90);
            assert.deepEqual((await plan()).drift, []);
        });
        it("is not restored where the way back is too large a step, and the other way is named", async () => {
            kubectlSets(0);
            const { code, stderr } = await told("restore", "review");
            assert.equal(code, 1);
            assert.match(
                stderr,
                /refused; nothing was written:\nreview: v2 0 → 90 is a raise of 90 points[^]*fix: give review in the program .*; or all at once: npx upshift restore review --cwd \. --break-glass REASON$/m,
            );
            assert.equal(await liveShare(cluster, "review"), 0);
        });
        it("is restored all the same by whoever breaks the glass, and an Event says why", async () => {
            const { code, stdout, stderr } = await told("restore", "review", "--break-glass", "INC-7");
            assert.equal(code, 0, stderr);
            assert.match(stdout, /no limit held: INC-7/);
            assert.equal(await liveShare(cluster, "review"), 90);
            const { items } = (await cluster.request("GET", "/api/v1/namespaces/default/events")) as unknown as {
                items: { reason: string; message: string }[];
            };
            assert.ok(items.some(({ reason, message }) => reason === "BreakGlass" && /INC-7/.test(message)));
        });
    });

    describe("of a stack of this project", () => {
        before(async () => {
            await stackWithReview(name, { v1: 80, v2: 20 });
            const { kubeconfig } = cluster;
            const config = { target: "context", context: "test", kubeconfig, registry: "registry.test" };
            await setConfig(name, { ...config, "weights.review.v1": 80, "weights.review.v2": 20 });
            const uid = await clusterUid({ kubeconfig, context: "test" });
            await appliedOn(name, kubeconfig, "test", { target: "context", name: "test", uid });
            await cluster.request("POST", "/api/v1/namespaces", { metadata: { name: "hands-on" } });
            const versions = ["v1", "v2"];
            const make = (kind: string, object: string, spec: object): Promise<unknown> =>
                cluster.request("POST", `${istio}/${kind.toLowerCase()}s?fieldManager=pulumi-kubernetes`, {
                    apiVersion: "networking.istio.io/v1",
                    kind,
                    metadata: { name: object },
                    spec,
                } as never);
            await make("DestinationRule", "review-dr", subsetsFor({ host: "review", versions }));
            await make(
                "VirtualService",
                "review-vs",
                routesFor({ host: "review", versions, weights: { v1: 80, v2: 20 } }),
            );
        });
        after(() => removeStack(name));

        const istio = "/apis/networking.istio.io/v1/namespaces/hands-on";
        const told = (...args: string[]): Promise<Told> => upshift([...args, "--stack", name]);
        /** The commands that the guard offers. */
        const offered = async (): Promise<string[]> => {
            const { code, stdout, stderr } = await told("guard");
            assert.equal(code, 1, stdout + stderr);
            const [, fix = ""] = /fix: (.*)$/m.exec(stdout) ?? [];
            return fix.split(", or ");
        };
        const follow = async (command = ""): Promise<Told> => {
            assert.match(command, /^npx upshift /);
            const done = await upshift(command.split(" ").slice(2));
            assert.equal(done.code, 0, done.stderr);
            const { code, stdout } = await told("guard");
            assert.equal(code, 0, stdout);
            assert.match(stdout, /nobody moves/);
            return done;
        };

        it("is taken into the config by the first command that the guard offers", async () => {
            kubectlSets(30, "hands-on");
            const [adopt, , ...others] = await offered();
            assert.deepEqual(others, []);
            await follow(adopt);
            const file = fs.readFileSync(path.join(projectRoot(), `Pulumi.${name}.yaml`), "utf8");
            assert.match(file, /review:\s+v1: 70\s+v2: 30/);
        });
        it("is given back what was applied by the second", async () => {
            await setConfig(name, { "weights.review.v1": 80, "weights.review.v2": 20 });
            const [, restore] = await offered();
            await follow(restore);
            const { spec } = (await cluster.request("GET", `${istio}/virtualservices/review-vs`)) as unknown as {
                spec: object;
            };
            assert.match(JSON.stringify(spec), /"weight":80.*"weight":20/);
        });
        it("is not adopted where the config has no words for it, and the other way is named", async () => {
            const fault = { abort: { httpStatus: 503, percentage: { value: 20 } } };
            const patch = JSON.stringify([{ op: "add", path: "/spec/http/0/fault", value: fault }]);
            const where = ["--kubeconfig", cluster.kubeconfig, "-n", "hands-on"];
            const what = ["patch", "virtualservice.networking.istio.io", "review-vs", "--type=json", "-p", patch];
            execFileSync(toolPath("kubectl"), [...where, ...what], { stdio: "pipe" });
            const { code, stderr } = await told("adopt-drift", "review");
            assert.equal(code, 1);
            assert.match(
                stderr,
                /has no words for all .*review-vs \(written by kubectl-patch\)[^]*Nothing was written/,
            );
            const [, restore] = /fix: (.*)$/m.exec(stderr) ?? [];
            await follow(restore);
        });
    });
});
