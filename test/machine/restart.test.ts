import * as assert from "node:assert/strict";
import { clusterDown, clusterUp } from "../../cluster/embedded/cluster";
import type { Progress } from "../../cluster/embedded/follow";
import { call, edgeOf } from "../../systems/play/edge";
import { pulumi } from "../../rollout/pulumi";
import { stackOutputs } from "../../systems/play/outputs";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { removeBoth, stackOnCluster } from "../support/stackOnCluster";

const name = "test-restart";

describe("a cluster with a stack on it that is stopped and started", function () {
    this.timeout(600_000);
    let isUp = false;

    before(async function () {
        leaveOutWhereNoneRuns(this, name);
        await stackOnCluster(name, { system: "stages" });
        isUp = true;
        await pulumi(["up", "--yes", "--skip-preview", "--stack", name]);
    });
    after(() => (isUp ? removeBoth(name) : clusterDown(name, { delete: true })));

    it("serves through its gateway as soon as up returns, with every pod that was there, and has told how it went", async () => {
        await clusterDown(name);
        const said: Progress[] = [];
        await clusterUp(name, {}, (progress) => said.push(progress));
        const answer = await call(edgeOf(await stackOutputs(name), "stages"), "/");
        assert.equal(answer.status, 200);
        const last = said.at(-1);
        assert.ok(last?.kind === "done" && /^\d+ pods that were there$/.test(last.title), JSON.stringify(said));
    });
});
