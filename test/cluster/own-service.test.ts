import * as assert from "node:assert/strict";
import { once } from "node:events";
import * as fs from "node:fs";
import * as path from "node:path";
import { clusterDir, contextOf } from "../../cluster/embedded/layout";
import { until } from "../../cluster/embedded/probes";
import { deploymentOn, fewestAvailable, type DeploymentObject } from "../support/deployments";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { kubectl } from "../support/kubectl";
import { apply } from "../support/mesh";
import { Caller } from "../support/caller";
import { assertShare, assertWell } from "../support/shares";
import {
    example,
    foreignService,
    foreignWorkload,
    meshWithWeb,
    namespace,
    noMesh,
    projectOn,
    step,
    webImage,
} from "../support/ownService";
import { type Installed, installed } from "../support/installed";
import type { Sandbox } from "../support/pulumi";
import { type Told, upshift, upshiftStarted } from "../support/cli";
import type { Verification } from "../../rollout/verify";

const name = "own-service-test";
const up = ["up", "--yes", "--skip-preview"];

/** A service whose image, ports, checks and user are not this repository's, on a mesh that no stack of it made. */
describe("a service of one's own", function () {
    this.timeout(200_000);
    const projects: Sandbox[] = [];
    const project = async (program: string, config: Readonly<Record<string, string>> = {}): Promise<Sandbox> => {
        const made = await projectOn(name, program, config);
        projects.push(made);
        return made;
    };

    before("brings up a mesh with an image of another shape", async function () {
        this.timeout(400_000);
        leaveOutWhereNoneRuns(this, name);
        await meshWithWeb(name);
        await apply(
            name,
            ["own", "scaled", "theirs"].map((one) => namespace(one)),
        );
    });
    after(async () => {
        projects.forEach((one) => one.remove());
        await noMesh(name);
    });

    describe("in two versions (examples/own-service)", () => {
        let web: Sandbox;
        let caller: Caller;
        before("has everybody on v1", async () => {
            web = await project(example("own-service"), { namespace: "own", registry: "upshift.local" });
            assertWell(await step(web, { v1: 100, v2: 0 }));
            caller = await Caller.start(name, "own", "web");
            await caller.begin();
        });
        after(() => caller?.stop());

        it("moves its users in two steps and back, and loses no request", async () => {
            for (const v2 of [25, 50, 0]) {
                assertWell(await step(web, { v1: 100 - v2, v2 }));
                // What was asked on the way belongs to either step.
                assert.equal((await caller.got(1)).failed, 0);
                assertShare(await caller.got(200), v2);
            }
        });
        const callers = (): Promise<string> =>
            kubectl(name, ["get", "jobs,pods", "-n", "own", "-l", "app=upshift-verify", "-o", "name"]);
        it("has its split told and measured by the CLI, which knows nothing of it but its project", async () => {
            assertWell(await step(web, { v1: 75, v2: 25 }));
            const told = (...args: string[]): Promise<Told> =>
                upshift([...args, "--cwd", web.folder, "--json"], { ...process.env, ...web.environment });
            const status = await told("status");
            assert.equal(status.code, 0, status.stderr);
            assert.deepEqual((JSON.parse(status.stdout) as { weights: object }).weights, { web: { v1: 75, v2: 25 } });
            const verify = await told("verify", "web", "--requests", "200", "--rate", "40");
            assert.equal(verify.code, 0, verify.stdout + verify.stderr);
            const { requests, failed, shares } = JSON.parse(verify.stdout) as Verification;
            assert.deepEqual([requests, failed], [200, 0]);
            assert.equal(
                shares.reduce((sum, { count }) => sum + count, 0),
                200,
                "the caller's proxy counts each request once",
            );
            const absent = await told("verify", "web", "--requests", "8", "--path", "/absent");
            assert.equal(absent.code, 1, absent.stdout + absent.stderr);
            assert.deepEqual((JSON.parse(absent.stdout) as Verification).failures, { "status 404": 8 });
            const image = await told("verify", "web", "--requests", "8", "--image", "upshift.local/not-there:1");
            assert.equal(image.code, 2, image.stdout);
            assert.match(image.stderr, /The image upshift\.local\/not-there:1 of the caller can't be had/);
            await until(async () => assert.equal(await callers(), ""), 60_000);
            const long = upshiftStarted(["verify", "web", "--requests", "4000", "--cwd", web.folder], web.environment);
            await until(async () => assert.match(await callers(), /pod\//), 60_000);
            long.kill("SIGINT");
            const [code] = (await once(long, "close")) as [number | null];
            assert.equal(code, 130);
            await until(async () => assert.equal(await callers(), ""), 60_000);
            assertWell(await step(web, { v1: 100, v2: 0 }));
            // What the caller got meanwhile belongs to either step.
            assert.equal((await caller.got(1)).failed, 0);
        });
        it("refuses a jump, and moves nobody", async () => {
            const { code, output } = await step(web, { v1: 40, v2: 60 });
            assert.notEqual(code, 0);
            assert.match(output, /web: v2 0 → 60 is a raise of 60 points; at most 25 a step: try 25/);
            assertShare(await caller.got(50), 0);
        });
        it("has pods that Kubernetes' restricted profile takes", async () => {
            const enforced = { "pod-security.kubernetes.io/enforce": "restricted" };
            await apply(name, [namespace("strict", enforced)]);
            const { template } = (await deployment("own", "web-v1")).spec;
            const spec = { ...template.spec, serviceAccountName: "default" };
            const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "web", namespace: "strict" }, spec };
            await apply(name, [pod]);
        });
    });

    describe("whose pods an autoscaler counts", () => {
        let scaled: Sandbox;
        let fewest = Infinity;
        const change = async (config: Record<string, string>): Promise<void> => {
            for (const [key, value] of Object.entries(config)) await scaled.succeed("config", "set", key, value);
            const watch = fewestAvailable(name, "scaled", "web-v1");
            try {
                assertWell(await scaled.pulumi(...up));
            } finally {
                fewest = await watch.stop();
            }
        };
        before("has three pods, as the program says", async () => {
            scaled = await project(scaledProgram, { version: "v1", replicas: "3" });
            assertWell(await scaled.pulumi(...up));
            await apply(name, [autoscaler]);
        });

        it("keeps them when the program no longer counts them", async () => {
            await change({ replicas: "open" });
            assert.deepEqual([(await deployment("scaled", "web-v1")).spec.replicas, fewest], [3, 3]);
        });
        it("keeps them when the image changes, and never has fewer", async () => {
            await change({ version: "v2" });
            assert.deepEqual([(await deployment("scaled", "web-v1")).spec.replicas, fewest], [3, 3]);
        });
        it("keeps what somebody scaled them to", async () => {
            await kubectl(name, ["scale", "-n", "scaled", "deployment/web-v1", "--replicas=4"]);
            await until(
                async () => assert.equal((await deployment("scaled", "web-v1")).status.availableReplicas, 4),
                60_000,
            );
            await change({ version: "v3" });
            assert.deepEqual([(await deployment("scaled", "web-v1")).spec.replicas, fewest], [4, 4]);
        });
        it("is brought to the least number by its autoscaler where it is new", async () => {
            await scaled.succeed("config", "set", "both", "true");
            assertWell(await scaled.pulumi(...up));
            await until(async () => assert.equal((await deployment("scaled", "web-v2")).spec.replicas, 3), 60_000);
            assert.match(await scaled.succeed("preview", "--diff"), /\d+ unchanged/);
            assert.doesNotMatch(await scaled.succeed(...up), /updated|replaced/);
        });
    });

    describe("that reads a ConfigMap", () => {
        it("gets other pods when its content changes, without a failed request, and none when it does not", async () => {
            const reads = await project(configProgram, { text: "one" });
            assertWell(await reads.pulumi(...up));
            const caller = await Caller.start(name, "own", "motd", "/motd/text");
            await caller.begin();
            assert.deepEqual(Object.keys((await caller.got(20)).answers), ["one"]);
            await reads.succeed("config", "set", "text", "two");
            assert.match(await reads.succeed("preview", "--diff"), /upshift\.dev\/config/);
            assertWell(await reads.pulumi(...up));
            assert.equal((await caller.got(1)).failed, 0);
            const { answers, failed } = await caller.got(30);
            assert.deepEqual([Object.keys(answers), failed], [["two"], 0]);
            assert.match(await reads.succeed(...up), /\d+ unchanged/);
            const state = await reads.succeed("stack", "export");
            assert.doesNotMatch(state, /hunter2|aHVudGVyMg/);
            await caller.stop();
        });
    });

    describe("that others have deployed (examples/existing-deployments)", () => {
        const label = "app.kubernetes.io/version";
        let theirs: Sandbox;
        let caller: Caller;
        before("is there, as Helm would have made it", async () => {
            const of = (tag: string, version: string): object =>
                foreignWorkload("Deployment", `shop-${version}`, "theirs", { app: "shop", [label]: tag }, version);
            await apply(name, [foreignService("shop", "theirs"), of("1.25.0", "v1"), of("1.26.0", "v2")]);
            await kubectl(name, [
                "wait",
                "-n",
                "theirs",
                "--for=condition=Available",
                "deployment",
                "--all",
                "--timeout=90s",
            ]);
            theirs = await project(example("existing-deployments"), { namespace: "theirs" });
            caller = await Caller.start(name, "theirs", "shop");
            await caller.begin();
        });
        after(() => caller?.stop());

        it("refuses a first split that goes too far from what its pods serve today", async () => {
            const { code, output } = await step(theirs, { v1: 10, v2: 90 });
            assert.notEqual(code, 0);
            assert.match(output, /v2 50 → 90 is a raise of 40 points; at most 25 a step: try 75/);
            await assert.rejects(kubectl(name, ["get", "-n", "theirs", "virtualservice/shop-vs"]), /not found/);
        });
        it("takes them over as they are, changes nothing of theirs, and moves their users on", async () => {
            const before = await generations("theirs");
            for (const v2 of [50, 75]) {
                assertWell(await step(theirs, { v1: 100 - v2, v2 }));
                assert.equal((await caller.got(1)).failed, 0);
                assertShare(await caller.got(200), v2);
            }
            assert.equal(await generations("theirs"), before);
        });
    });

    describe("of somebody who begins with an empty folder (upshift init)", () => {
        const label = "app.kubernetes.io/version";
        let theirs: Installed;
        let tools: Sandbox;
        let caller: Caller;
        const env = (): NodeJS.ProcessEnv => ({ ...tools.environment, KUBECONFIG: clusterDir(name, "kubeconfig") });
        const upshiftIn = (...args: string[]) => theirs.runWith(env(), "npx", "--no-install", "upshift", ...args);
        const init = (...args: string[]): Promise<Told> =>
            upshiftIn("init", "--context", contextOf(name), ...args).then(
                (told) => ({ ...told, code: 0 }),
                (error: Told) => error,
            );
        const pulumiIn = (...args: string[]) => theirs.runWith(env(), "pulumi", ...args, "--non-interactive");
        const stepIn = async (v1: number, v2: number): Promise<string> => {
            const weights = { "v1-25-0": v1, "v1-26-0": v2 };
            const pairs = Object.entries(weights).map(([one, weight]) => `weights.store.${one}=${weight}`);
            await pulumiIn("config", "set-all", "--path", ...pairs.flatMap((pair) => ["--plaintext", pair]));
            const { stdout } = await pulumiIn("up", "--yes", "--skip-preview", "--color", "never");
            return stdout;
        };
        before("has a service there, whose users Kubernetes splits by its pods", async function () {
            this.timeout(400_000);
            const of = (tag: string, version: string): object =>
                foreignWorkload("Deployment", `store-${version}`, "theirs", { app: "store", [label]: tag }, version);
            await apply(name, [foreignService("store", "theirs"), of("1.25.0", "v1"), of("1.26.0", "v2")]);
            for (const version of ["v1", "v2"])
                await kubectl(name, ["rollout", "status", "-n", "theirs", `deployment/store-${version}`]);
            theirs = await installed();
            tools = await project("");
            caller = await Caller.start(name, "theirs", "store");
            await caller.begin();
        });
        after(async () => {
            await caller?.stop();
            theirs?.remove();
        });

        it("names what is near where there is no such Service", async () => {
            const { code, stderr } = await init("--service", "stor", "-n", "theirs");
            assert.equal(code, 1, stderr);
            assert.match(stderr, /Service theirs\/stor: is not in the cluster.*\n {2}fix: --service store -n theirs/);
            assert.equal(fs.existsSync(path.join(theirs.folder, "Pulumi.yaml")), false);
        });
        it("shows what it would write, and writes nothing until it is told to", async () => {
            const { code, stdout, stderr } = await init("--service", "store", "-n", "theirs");
            assert.equal(code, 0, stderr);
            assert.match(stdout, /v1-25-0 50 %, v1-26-0 50 %, as its pods serve it/);
            assert.match(
                stdout,
                /new file: store-split\.ts\n[^]*new file: policies\/PulumiPolicy\.yaml[^]*new file: \.github/,
            );
            assert.match(stdout, /Nothing was written/);
            assert.equal(fs.existsSync(path.join(theirs.folder, "Pulumi.yaml")), false);
        });
        it("comes up with nobody moved, takes two steps and the way back, refuses a jump, and loses no request", async () => {
            const { code, stderr } = await init("--service", "store", "-n", "theirs", "--yes");
            assert.equal(code, 0, stderr);
            await pulumiIn("stack", "init", "dev");
            await pulumiIn("up", "--yes", "--skip-preview", "--policy-pack", "policies");
            assert.equal((await caller.got(1)).failed, 0);
            assertShare(await caller.got(200), 50);
            for (const v2 of [75, 100]) {
                await stepIn(100 - v2, v2);
                assert.equal((await caller.got(1)).failed, 0);
                assertShare(await caller.got(200), v2);
            }
            await stepIn(100, 0);
            assert.equal((await caller.got(1)).failed, 0);
            assertShare(await caller.got(100), 0);
            await assert.rejects(stepIn(40, 60), ({ stdout }: Told) =>
                /store: v1-26-0 0 → 60 is a raise of 60 points; at most 25 a step/.test(stdout),
            );
            assertShare(await caller.got(50), 0);
            const again = await init("--service", "store", "-n", "theirs", "--yes");
            assert.match(
                again.stderr,
                /is led by VirtualService theirs\/store-vs already.*\n {2}fix: npx upshift adopt vs\/store-vs/,
            );
        });
    });

    describe("whose versions are a StatefulSet and a DaemonSet", () => {
        it("is split like any other", async () => {
            const labels = (version: string) => ({ app: "data", version });
            await apply(name, [
                foreignService("data", "theirs"),
                foreignWorkload("StatefulSet", "data-v1", "theirs", labels("v1"), "v1"),
                foreignWorkload("DaemonSet", "data-v2", "theirs", labels("v2"), "v2"),
            ]);
            // Their pods may not have been made yet: to wait for those finds none, or only one version's.
            for (const workload of ["statefulset/data-v1", "daemonset/data-v2"])
                await kubectl(name, ["rollout", "status", "-n", "theirs", workload, "--timeout=90s"]);
            const data = await project(splitProgram(["data"], "theirs"));
            const { code, output } = await step(data, { v1: 0, v2: 100 });
            assert.notEqual(code, 0);
            assert.match(output, /data: v2 50 → 100 is a raise of 50 points/);
            assertWell(await step(data, { v1: 75, v2: 25 }));
            const caller = await Caller.start(name, "theirs", "data");
            await caller.begin();
            assertShare(await caller.got(200), 25);
            await caller.stop();
        });
    });

    describe("that nobody would answer", () => {
        it("is refused with what is wrong, where, and the way out; and nothing of it is written", async () => {
            const bare = foreignWorkload("Deployment", "untold", "theirs", { app: "untold" }, "v1");
            await apply(name, [
                namespace("plain", {}),
                foreignService("lone", "theirs", {}),
                foreignService("untold", "theirs"),
                bare,
                foreignService("without", "plain"),
                foreignWorkload("Deployment", "without-v1", "plain", { app: "without", version: "v1" }, "v1"),
            ]);
            await kubectl(name, [
                "wait",
                "-n",
                "plain",
                "--for=condition=Available",
                "deployment",
                "--all",
                "--timeout=90s",
            ]);
            const bad = await project(
                `${splitProgram(["lone", "untold", "absent"], "theirs")}${splitsIn(["without"], "plain")}`,
            );
            const { code, output } = await step(bad, { v1: 100, v2: 0 });
            assert.notEqual(code, 0);
            const flat = output.replace(/\s+/g, " ");
            for (const told of [
                /Service absent\.theirs: is not there.*fix: deploy it first/,
                /Service lone\.theirs: has no selector.*fix: kubectl -n theirs patch service lone/,
                /Service untold\.theirs: has no pod with version=v1.*fix: kubectl -n theirs patch deployment\/untold/,
                /namespace plain: none of its 1 pods has the mesh's proxy.*fix: kubectl label namespace plain istio-injection=enabled/,
            ])
                assert.match(flat, told);
            const made = await kubectl(name, ["get", "virtualservices,destinationrules", "-A", "-o", "name"]);
            assert.doesNotMatch(made, /lone|untold|absent|without/);
        });
        it("is looked for where a transform puts its routes", async () => {
            const labels = { app: "led", version: "v1" };
            await apply(name, [
                namespace("elsewhere"),
                foreignService("led", "theirs"),
                foreignWorkload("Deployment", "led-v1", "theirs", labels, "v1"),
            ]);
            await kubectl(name, ["rollout", "status", "-n", "theirs", "deployment/led-v1", "--timeout=90s"]);
            const led = await project(splitProgram(["led"], "elsewhere", putInto("theirs")));
            assertWell(await step(led, { v1: 100, v2: 0 }));
            const away = await project(splitProgram(["led"], "theirs", putInto("elsewhere")));
            const { code, output } = await step(away, { v1: 100, v2: 0 });
            assert.notEqual(code, 0);
            assert.match(output.replace(/\s+/g, " "), /Service led\.elsewhere: is not there/);
        });
    });

    const deployment = (where: string, one: string): Promise<DeploymentObject> => deploymentOn(name, where, one);

    /** How often the specs of a namespace's objects were written. */
    const generations = (where: string): Promise<string> =>
        kubectl(name, ["get", "deployments,services", "-n", where, "-o", "jsonpath={.items[*].metadata.generation}"]);
});

const autoscaler = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: "web-v1", namespace: "scaled" },
    spec: {
        scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web-v1" },
        minReplicas: 3,
        maxReplicas: 5,
        metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 80 } } },
        ],
    },
};

/** Its image changes in place; the number of its pods is set, or left out. */
const scaledProgram = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { VersionedService } from "upshift";
const config = new pulumi.Config();
const asked = Number(config.require("replicas"));
const replicas = Number.isNaN(asked) ? undefined : asked;
const v1 = { name: "v1", image: "${webImage("VERSION").replace("VERSION", '" + config.require("version") + "')}", replicas };
const v2 = { name: "v2", image: "${webImage("v2")}" };
new VersionedService("web", {
    namespace: "scaled",
    versions: config.get("both") ? [v1, v2] : [v1],
    ports: [{ name: "http", number: 3000 }],
    resources: { requests: { cpu: "10m", memory: "8Mi" } },
    longestRequestSeconds: 5,
    guard: false,
    waitSeconds: 60,
});
if (config.get("both"))
    new k8s.autoscaling.v2.HorizontalPodAutoscaler("web-v2", {
        metadata: { name: "web-v2", namespace: "scaled" },
        spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web-v2" }, minReplicas: 3, maxReplicas: 5 },
    });
`;

const configProgram = `
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { VersionedService } from "upshift";
const text = new pulumi.Config().require("text");
const motd = new k8s.core.v1.ConfigMap("motd", { metadata: { name: "motd", namespace: "own" }, data: { text: text + "\\n" } });
const login = new k8s.core.v1.Secret("login", {
    metadata: { name: "login", namespace: "own" },
    stringData: { PASSWORD: pulumi.secret("hunter2") },
});
new VersionedService("motd", {
    namespace: "own",
    versions: [{ name: "v1", image: "${webImage("v1")}", replicas: 2 }],
    ports: [{ name: "http", number: 3000 }],
    config: [{ configMap: motd.metadata.name, mountPath: "/www/motd" }, { secret: login.metadata.name }],
    resources: { requests: { cpu: "10m", memory: "8Mi" } },
    longestRequestSeconds: 5,
    waitSeconds: 60,
});
`;

const splitProgram = (services: readonly string[], where: string, first = ""): string => `
import * as pulumi from "@pulumi/pulumi";
import { TrafficSplit } from "upshift";
const weights = new pulumi.Config().requireObject<Record<string, number>>("weights");
${first}${splitsIn(services, where)}`;

const putInto = (where: string): string => `
pulumi.runtime.registerResourceTransform(({ type, props, opts }) =>
    type.startsWith("kubernetes:networking.istio.io/")
        ? { props: { ...props, metadata: { ...props.metadata, namespace: "${where}" } }, opts }
        : undefined,
);
`;

const splitsIn = (services: readonly string[], where: string): string => `
for (const service of ${JSON.stringify(services)})
    new TrafficSplit(service, { namespace: "${where}", versions: ["v1", "v2"], weights });
`;
