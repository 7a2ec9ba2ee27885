import * as assert from "node:assert/strict";
import { userWritesPerSecond } from "../../systems/notifications/edge";
import { call, type Edge, edgeOf } from "../../systems/play/edge";
import { pulumi } from "../../rollout/pulumi";
import { stackOutputs } from "../../systems/play/outputs";
import { removeBoth, stackOnCluster } from "../support/stackOnCluster";

const name = "rate-limit-test";

/** What makes a password's hash costs the service much; the gateway holds it up, and nothing else. */
describe("requests that make users, at a real gateway", function () {
    this.timeout(600_000);
    this.bail(true);
    let edge: Edge;

    before("brings up notifications, with its database", async function () {
        this.timeout(900_000);
        await stackOnCluster(name, { system: "notifications" }, { database: true });
        await pulumi(["up", "--yes", "--skip-preview", "--stack", name]);
        edge = edgeOf(await stackOutputs(name), "notifications");
    });
    after("destroys it", async function () {
        this.timeout(600_000);
        await removeBoth(name);
    });

    const statuses = async (count: number, ask: () => Promise<{ status: number }>): Promise<number[]> =>
        (await Promise.all(Array.from({ length: count }, ask))).map(({ status }) => status);

    it("are let through so often a second, and get 429 beyond that", async () => {
        const headers = { "content-type": "application/json" };
        const began = Date.now();
        const sent = await statuses(100, () => call(edge, "/usermgmt/user", { method: "POST", headers, body: "{}" }));
        const seconds = Math.ceil((Date.now() - began) / 1000);
        const passed = sent.filter((status) => status !== 429);
        // What passes is answered by the service: without a name there is no user.
        assert.deepEqual([...new Set(passed)], [422]);
        assert.ok(
            passed.length >= 1 && passed.length <= userWritesPerSecond * (seconds + 1),
            `${passed.length} of 100 passed`,
        );
        assert.ok(passed.length < 100);
    });

    it("hold up nobody who reads", async () => {
        const read = await statuses(100, () => call(edge, "/usermgmt/notification-xray"));
        assert.deepEqual([...new Set(read)], [200]);
    });
});
