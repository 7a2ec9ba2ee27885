import * as assert from "node:assert/strict";
import * as fs from "node:fs";
import { parse } from "yaml";
import type { ReleasedService } from "../../rollout/release/service";
import { fittingSteps } from "../../rollout/release/togetherPlan";
import { installedCli, type InstalledCli, splitInState } from "../support/installedCli";

describe("the steps of a release for which nobody has named any", () => {
    const released = (service: string, maxRaise: number, maxRaiseTogether = maxRaise) => ({
        service,
        served: { maxRaise, maxRaiseTogether, group: "shop" } as ReleasedService,
    });

    it("are the usual ones, with as many between them as the service's limit asks for", () => {
        assert.equal(fittingSteps([released("web", 25)], {}), "header,10,25,50,75,100");
        assert.equal(fittingSteps([released("web", 15)], { web: { to: "v2" } }), "header,10,25,40,50,65,80,95,100");
    });
    it("are the usual ones alone where the limit allows them", () => {
        assert.equal(fittingSteps([released("web", 50)], {}), undefined);
        assert.equal(fittingSteps([released("web", 100)], {}), undefined);
    });
    it("fit what services that are released as one may be raised by together", () => {
        const both = [released("web", 50, 60), released("cart", 40, 100)];
        assert.equal(fittingSteps(both, {}), "header,10,25,50,80,100");
    });
    it("are nobody's business where any of them has some", () => {
        assert.equal(fittingSteps([released("web", 25)], { web: { to: "v2", steps: "50,100" } }), undefined);
        const both = [released("web", 25), released("cart", 25)];
        assert.equal(fittingSteps(both, { cart: { steps: [50, 100] } }), undefined);
    });
});

describe("a release in a project that `upshift init` has made, whose limit is 25 points", function () {
    this.timeout(60_000);
    let cli: InstalledCli;

    before(async () => {
        cli = await installedCli();
        cli.applied(splitInState());
        fs.writeFileSync(cli.config, "config:\n  theirs:canaryHeader: { name: X-group, exact: test }\n");
    });
    after(() => cli?.remove());

    const declared = (): unknown =>
        (parse(fs.readFileSync(cli.config, "utf8")) as { config: Record<string, unknown> }).config["theirs:release"];

    it("begins by steps that its limit allows, which stand in the config from then on", async () => {
        const { stdout, stderr } = await cli.run("release web --to v2 --cwd ../theirs");
        assert.match(stdout, /web: v1 → v2 by header, 10, 25, 50, 75, 100/, stderr);
        assert.deepEqual(declared(), { web: { to: "v2", steps: "header,10,25,50,75,100" } });
    });
    it("is refused by steps that are too large, with a command that is not, and nothing of it stays", async () => {
        fs.writeFileSync(cli.config, "config: {}\n");
        const { code, stderr } = await cli.run("release web --to v2 --steps 50,100 --cwd ../theirs");
        assert.equal(code, 2);
        assert.match(stderr, /50 to 100 is a raise of 50 points; at most 25 a step/);
        assert.equal(declared(), undefined);
        const [, fix = ""] = /fix: npx upshift (.*)/.exec(stderr) ?? [];
        assert.match((await cli.run(fix)).stdout, /web: v1 → v2 by 25, 50, 75, 100/, fix);
    });
});
