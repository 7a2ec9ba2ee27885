import * as assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { readCluster } from "../../cluster/embedded/cluster";
import { toolPath } from "../../cluster/tools/tools";
import { pulumi } from "../../rollout/pulumi";
import { stackOutputs } from "../../systems/play/outputs";
import { setConfig } from "../../rollout/stack";
import type { Story } from "../../systems/play/story";
import { checked, configure, tell, type Telling } from "../../systems/play/tell";
import { removeBoth, stackOnCluster } from "./stackOnCluster";

const run = promisify(execFile);

/**
 * Plays stories of the documents, one after the other on one cluster: each comes up, makes its steps under load, and is analysed.
 * Shortened: fewer requests are measured a step than `npx upshift demo` does.
 *
 * @param name of the cluster and the stack.
 */
export function playStories(name: string, stories: readonly Story[]): void {
    const up = ["up", "--yes", "--skip-preview", "--stack", name];

    before("brings up a cluster", () => stackOnCluster(name, {}, { database: true }));
    after("destroys what is left", () => removeBoth(name));

    for (const [index, story] of stories.entries())
        describe(story.system, () => {
            let hasFailed = false;
            // What follows a failed step begins from nowhere.
            beforeEach(function () {
                if (hasFailed) this.skip();
            });
            afterEach(function () {
                hasFailed ||= this.currentTest?.isFailed() ?? false;
            });

            it("comes up as its document begins", async () => {
                await setConfig(name, { system: story.system });
                // The system of the story before has users, and goes on purpose.
                const remove = stories[index - 1]?.system;
                await configure(name, { config: { ...story.beginning.config, ...story.shortened, remove } });
                await pulumi(up);
                assertWell(await checked(story, story.beginning, name, await stackOutputs(name)));
            });

            playSteps(name, story, { sample: 400, rate: 80 });

            it("has nothing that istioctl analyze finds fault with", async () => {
                const kubeconfig = readCluster(name)?.kubeconfig ?? "";
                const { stdout } = await run(
                    toolPath("istioctl"),
                    [
                        ...["analyze", "--all-namespaces", "--output", "json", "--kubeconfig", kubeconfig],
                        // No system lives in this namespace, and so it has no sidecars.
                        ...["--suppress", "IST0102=Namespace default"],
                        // A rate limit has no other API in Istio; that it is internal is said of every EnvoyFilter.
                        ...["--suppress", "IST0133=EnvoyFilter istio-ingress/*"],
                    ],
                    { maxBuffer: 1 << 26 },
                );
                assert.deepEqual(JSON.parse(stdout || "[]"), []);
            });
        });
}

/** Each step of a story as a test, on a stack that has its beginning. */
export function playSteps(name: string, story: Story, telling: Telling): void {
    for (const step of story.steps)
        it(`loses no request and has the configured split: ${step.title}`, async () => {
            const [result] = await tell(name, { ...story, steps: [step] }, telling);
            assert.ok(result);
            assert.equal(result.failed, 0, JSON.stringify(result.failures));
            assertWell([...result.services, ...result.testers, ...result.checks]);
        });
}

function assertWell(results: readonly { ok: boolean }[]): void {
    for (const result of results) assert.ok(result.ok, JSON.stringify(result));
}
