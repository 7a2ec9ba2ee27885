import * as assert from "node:assert/strict";
import { startCluster, type TestCluster } from "../support/apiserver";
import { upshift } from "../support/cli";
import { guardedSandbox, liveShare } from "../support/guarded";
import { defineMeshKinds } from "../support/recordedWorld";

const up = ["up", "--yes", "--skip-preview"];
const tooMuch = /review: v2 20 → 90 is a raise of 70 points/;

describe("a stack a team, of one program and on one cluster", function () {
    this.timeout(600_000);
    let cluster: TestCluster;
    let project: Awaited<ReturnType<typeof guardedSandbox>>;

    before("one team has a service", async () => {
        cluster = await startCluster(defineMeshKinds);
        project = await guardedSandbox(cluster);
        project.config({ review: { v2: 20 } });
        await project.succeed(...up);
        await project.succeed("stack", "init", "search");
    });
    after(async () => {
        project?.remove();
        await cluster?.stop();
    });

    it("has the services of its team alone in its state, and leaves all others as they are", async () => {
        const before = await project.succeed("stack", "export", "--stack", "dev");
        project.config({ query: { v2: 0 } });
        await project.succeed(...up, "--stack", "search");
        const own = await project.succeed("stack", "export", "--stack", "search");
        assert.match(own, /::query-vs"/);
        assert.doesNotMatch(own, /::review-vs"/);
        assert.equal(await project.succeed("stack", "export", "--stack", "dev"), before);
        assert.equal(await liveShare(cluster, "review"), 20);
    });

    it("refuses what would move another team's users, of whom only the cluster tells", async () => {
        project.config({ query: { v2: 0 }, review: { v2: 90 } });
        const { code, output } = await project.pulumi(...up, "--stack", "search");
        assert.notEqual(code, 0, output);
        assert.match(output, tooMuch);
        assert.equal(await liveShare(cluster, "review"), 20);
    });

    it("is told so by its guard, too", async () => {
        const guard = ["guard", "--cwd", project.folder, "--stack", "search"];
        const { code, stdout, stderr } = await upshift(guard, project.environment);
        assert.equal(code, 1, stdout + stderr);
        assert.match(stdout, tooMuch);
    });
});
