import * as assert from "node:assert/strict";
import { clusterUp } from "../../cluster/embedded/cluster";
import { hub } from "../../cluster/images/tag";
import type { Caller } from "../support/caller";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { apply, istioOn } from "../support/mesh";
import { example, importOn, namespace, noMesh, projectOn, step } from "../support/ownService";
import type { Sandbox } from "../support/pulumi";
import { assertShare, assertWell } from "../support/shares";
import { newStreams, openStreams, streamImages } from "../support/streams";

const name = "streams-test";

/** examples/grpc and examples/websocket. */
describe("streams that are open while a step is made", function () {
    this.timeout(200_000);
    const projects: Sandbox[] = [];

    before("brings up a mesh with a server of streams", async function () {
        this.timeout(400_000);
        leaveOutWhereNoneRuns(this, name);
        await clusterUp(name, {}, () => undefined);
        await Promise.all([importOn(name, streamImages()), istioOn(name)]);
        await apply(
            name,
            ["grpc", "websocket"].map((one) => namespace(one)),
        );
    });
    after(async () => {
        projects.forEach((one) => one.remove());
        await noMesh(name);
    });

    for (const service of [
        { name: "echo", protocol: "grpc" },
        { name: "chat", protocol: "websocket" },
    ] as const)
        describe(service.protocol, () => {
            const place = service.protocol;
            let project: Sandbox;
            let first: Caller;
            let last: Caller;
            let anew: Caller;
            const versionsOf = async (open: Caller): Promise<string[]> => {
                const { answers, reasons } = await open.got(80);
                return [...Object.keys(answers).sort(), ...reasons];
            };
            before("has streams open, all of them on v1", async () => {
                project = await projectOn(name, example(place), { namespace: place, registry: hub });
                projects.push(project);
                assertWell(await step(project, { v1: 100, v2: 0 }));
                [first, anew] = await Promise.all([
                    openStreams(name, place, service, "first"),
                    newStreams(name, place, service),
                ]);
                assert.deepEqual(await versionsOf(first), ["v1"]);
                await anew.begin();
                assertShare(await anew.got(20), 0);
            });

            it("leaves open streams where they are while new ones go by the weights", async () => {
                for (const v2 of [25, 50]) {
                    assertWell(await step(project, { v1: 100 - v2, v2 }));
                    assert.equal((await anew.got(1)).failed, 0);
                    assertShare(await anew.got(200), v2);
                    assert.deepEqual(await versionsOf(first), ["v1"]);
                }
            });
            it("leaves them with a version that nobody is led to any more", async () => {
                last = await openStreams(name, place, service, "last");
                // One in 256 times all eight are on v1.
                const served = await versionsOf(last);
                assertWell(await step(project, { v1: 100, v2: 0 }));
                assert.equal((await anew.got(1)).failed, 0);
                assertShare(await anew.got(100), 0);
                assert.deepEqual([await versionsOf(first), await versionsOf(last)], [["v1"], served]);
                await Promise.all([first, last, anew].map((one) => one.stop()));
            });
        });
});
