import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import * as path from "node:path";
import { promisify } from "node:util";
import { parseAllDocuments } from "yaml";
import { clusterDir, contextOf } from "../../cluster/embedded/layout";
import { until } from "../../cluster/embedded/probes";
import { hub } from "../../cluster/images/tag";
import { toolPath } from "../../cluster/tools/tools";
import { Caller } from "../support/caller";
import { upshift } from "../support/cli";
import { deploymentOn, fewestAvailable } from "../support/deployments";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { kubectl } from "../support/kubectl";
import { apply } from "../support/mesh";
import {
    example,
    meshWithWeb,
    namespace,
    noMesh,
    projectOn,
    step,
    webImage,
    yamlProjectOn,
} from "../support/ownService";
import type { Sandbox } from "../support/pulumi";
import { assertShare, assertWell } from "../support/shares";

const name = "examples-test";

/** Others: own-service.test.ts (own-service, existing-deployments), streams.test.ts (grpc, websocket). */
describe("the examples", function () {
    this.timeout(200_000);
    const projects: Sandbox[] = [];
    const opened = async (project: Promise<Sandbox>): Promise<Sandbox> => {
        projects.push(await project);
        return project;
    };

    before("brings up a mesh with their image", async function () {
        this.timeout(400_000);
        leaveOutWhereNoneRuns(this, name);
        await meshWithWeb(name);
        await apply(
            name,
            ["yaml", "hpa", "adopt"].map((one) => namespace(one)),
        );
    });
    after(async () => {
        projects.forEach((one) => one.remove());
        await noMesh(name);
    });

    describe("own-service-yaml, by the component plugin", () => {
        let web: Sandbox;
        let caller: Caller;
        before("has everybody on v1", async () => {
            const config = { namespace: "yaml", registry: hub };
            web = await opened(yamlProjectOn(name, example("own-service-yaml", "Pulumi.yaml"), config));
            assertWell(await step(web, { v1: 100, v2: 0 }));
            caller = await Caller.start(name, "yaml", "web");
            await caller.begin();
        });

        it("moves its users by a step, and loses no request", async () => {
            assertWell(await step(web, { v1: 90, v2: 10 }));
            assert.equal((await caller.got(1)).failed, 0);
            assertShare(await caller.got(300), 10);
            assert.deepEqual(JSON.parse(await web.succeed("stack", "output", "--json")), {
                served: { v1: 90, v2: 10 },
            });
        });
        it("refuses a jump, in the preview and in the update, and moves nobody", async () => {
            await web.succeed("config", "set", "--path", "weights.v1", "10");
            await web.succeed("config", "set", "--path", "weights.v2", "90");
            for (const command of [["preview"], ["up", "--yes", "--skip-preview"]]) {
                const { code, output } = await web.pulumi(...command);
                assert.notEqual(code, 0, output);
                assert.match(output, /web: v2 10 → 90 is a raise of 80 points; at most 25 a step: try 35/);
            }
            assertShare(await caller.got(200), 10);
        });
        it("goes back at once, and loses no request", async () => {
            assertWell(await step(web, { v1: 100, v2: 0 }));
            assert.equal((await caller.got(1)).failed, 0);
            assertShare(await caller.got(100), 0);
            await caller.stop();
        });
    });

    describe("hpa", () => {
        let web: Sandbox;
        let caller: Caller;
        const pods = async (version: string): Promise<(number | undefined)[]> => {
            const { spec, status } = await deploymentOn(name, "hpa", `web-${version}`);
            return [spec.replicas, status.availableReplicas];
        };
        before("has as many pods as its autoscalers want at least", async () => {
            web = await opened(projectOn(name, example("hpa"), { namespace: "hpa" }));
            const images = { v1: webImage("v1"), v2: webImage("v3") };
            for (const [version, image] of Object.entries(images))
                await web.succeed("config", "set", "--path", `images.${version}`, image);
            assertWell(await step(web, { v1: 100, v2: 0 }));
            for (const version of ["v1", "v2"])
                await until(async () => assert.deepEqual(await pods(version), [3, 3]), 90_000);
            caller = await Caller.start(name, "hpa", "web");
            await caller.begin();
        });

        it("keeps them when an image changes, and never has fewer", async () => {
            await web.succeed("config", "set", "--path", "images.v2", webImage("v2"));
            const watch = fewestAvailable(name, "hpa", "web-v2");
            assertWell(await web.pulumi("up", "--yes", "--skip-preview"));
            assert.equal(await watch.stop(), 3);
            assert.deepEqual((await pods("v2"))[0], 3);
        });
        it("moves its users to them, and loses no request", async () => {
            assertWell(await step(web, { v1: 75, v2: 25 }));
            assert.equal((await caller.got(1)).failed, 0);
            assertShare(await caller.got(200), 25);
            assert.deepEqual(
                [await pods("v1"), await pods("v2")],
                [
                    [3, 3],
                    [3, 3],
                ],
            );
            await caller.stop();
        });
    });

    describe("adopt-virtual-service", () => {
        let web: Sandbox;
        let caller: Caller;
        before("has users on two versions by routes that are nobody's program", async () => {
            const live = parseAllDocuments(
                example("adopt-virtual-service", "live.yaml").replaceAll("registry.example", hub),
            );
            const objects = live.map((document) => document.toJSON() as { metadata: object });
            await apply(
                name,
                objects.map((one) => ({ ...one, metadata: { ...one.metadata, namespace: "adopt" } })),
            );
            for (const version of ["v1", "v2"])
                await kubectl(name, ["rollout", "status", "-n", "adopt", `deployment/web-${version}`, "--timeout=90s"]);
            caller = await Caller.start(name, "adopt", "web");
            await until(async () => assert.equal((await caller.got(20)).failed, 0), 60_000);
        });

        it("is what upshift adopt writes, and takes the routes over without moving anybody", async () => {
            const files = ["web-split.ts", "adopt-web.json"];
            const written = Object.fromEntries(files.map((file) => [file, example("adopt-virtual-service", file)]));
            web = await opened(projectOn(name, example("adopt-virtual-service"), {}, written));
            const kubeconfig = clusterDir(name, "kubeconfig");
            const env: NodeJS.ProcessEnv = { ...process.env, ...web.environment, KUBECONFIG: kubeconfig };
            const asked = ["adopt", "vs/web-routes", "-n", "adopt", "--context", contextOf(name)];
            // Nothing that says something else is written over: it would be refused.
            const told = await upshift([...asked, "--write", web.folder, "--json"], env);
            assert.equal(told.code, 0, told.stdout + told.stderr);
            const { commands } = JSON.parse(told.stdout) as { commands: string[] };
            const tools = { ...env, PATH: [path.dirname(toolPath("kubectl")), env.PATH].join(path.delimiter) };
            for (const command of commands) {
                const line = command
                    .replace(/^(.*pulumi up.*)$/, "$1 --yes --skip-preview")
                    .replace("stack select --create", "stack select");
                await promisify(execFile)("sh", ["-c", line], { env: tools, maxBuffer: 1 << 26 });
            }
            assertShare(await caller.got(300), 10);
            await web.succeed("preview", "--expect-no-changes");
        });
        it("goes on by steps: one is made, a jump is refused", async () => {
            const to = async (v2: number): ReturnType<Sandbox["pulumi"]> => {
                for (const [version, weight] of Object.entries({ v1: 100 - v2, v2 }))
                    await web.succeed("config", "set", "--path", `weights.web.${version}`, String(weight));
                return web.pulumi("up", "--yes", "--skip-preview");
            };
            assertWell(await to(35));
            assert.equal((await caller.got(1)).failed, 0);
            assertShare(await caller.got(200), 35);
            const { code, output } = await to(90);
            assert.notEqual(code, 0);
            assert.match(output, /web(?: in adopt)?: v2 35 → 90 is a raise of 55 points; at most 25 a step: try 60/);
            assertShare(await caller.got(100), 35);
            await caller.stop();
        });
    });
});
