import * as assert from "node:assert/strict";
import { clusterDown } from "../../cluster/embedded/cluster";
import { applied } from "../../rollout/applied";
import { call, edgeOf } from "../../systems/play/edge";
import { pulumi } from "../../rollout/pulumi";
import { stackOutputs } from "../../systems/play/outputs";
import { upshift, type Told } from "../support/cli";
import { leaveOutWhereNoneRuns } from "../support/embedded";
import { removeBoth, stackOnCluster } from "../support/stackOnCluster";

const name = "test-first-hour";

/** What the first screen of `npm start` tells its user to do, and what follows. */
describe("a stack whose cluster is taken away", function () {
    this.timeout(420_000);
    let isUp = false;
    const up = () => pulumi(["up", "--yes", "--skip-preview", "--stack", name]);
    const told = (...args: string[]): Promise<Told> => upshift([...args, "--stack", name]);
    const serves = async (): Promise<void> => {
        const { status } = await call(edgeOf(await stackOutputs(name), "stages"), "/");
        assert.equal(status, 200);
    };

    before(async function () {
        leaveOutWhereNoneRuns(this, name);
        await stackOnCluster(name, { system: "stages" });
        isUp = true;
        await up();
    });
    after(() => (isUp ? removeBoth(name) : clusterDown(name, { delete: true })));

    it("goes with it by `cluster down --delete`, which says so, and comes up again on the next", async () => {
        const { cluster, count } = await applied(name);
        assert.deepEqual([cluster?.target, cluster?.name], ["embedded", name]);
        assert.match(cluster?.uid ?? "", /^[0-9a-f-]{36}$/);
        const { code, stdout, stderr } = await told("cluster", "down", "--delete", "--target", "embedded");
        assert.equal(code, 0, stderr);
        assert.match(stdout, new RegExp(`Stack ${name} is applied on it: it forgets its ${count} resources`));
        assert.match(stdout, new RegExp(`Stack ${name} has forgotten ${count} resources; its config stays`));
        assert.equal((await applied(name)).count, 0);
        assert.equal((await told("cluster", "up", "--target", "embedded")).code, 0);
        await up();
        await serves();
        assert.notEqual((await applied(name)).cluster?.uid, cluster?.uid);
    });

    it("by hand is refused before another cluster is made, and goes on by the command that is named", async () => {
        await clusterDown(name, { delete: true });
        const { code, stdout, stderr } = await told("demo", "stages", "--target", "embedded");
        assert.equal(code, 1, stdout);
        assert.match(stderr, /applied on the embedded cluster test-first-hour \(\w{8}\), which is gone/);
        assert.doesNotMatch(stdout, /▸ cluster up/);
        const [, command = ""] = /fix: npx upshift (cluster forget --stack \S+)$/m.exec(stderr) ?? [];
        const forgotten = await upshift(command.split(" "));
        assert.equal(forgotten.code, 0, forgotten.stderr);
        assert.equal((await applied(name)).count, 0);
    });
});
