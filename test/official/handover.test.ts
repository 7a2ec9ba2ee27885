import * as assert from "node:assert/strict";
import { pulumi } from "../../rollout/pulumi";
import { setConfig } from "../../rollout/stack";
import { weightsConfig } from "../../rollout/weightsConfig";
import { stackOutputs } from "../../systems/play/outputs";
import { configure } from "../../systems/play/tell";
import { shop } from "../../systems/shop/story";
import { stories } from "../../systems/stories";
import { playSteps } from "../support/playStories";
import { removeBoth, stackOnCluster } from "../support/stackOnCluster";

const name = "official-test";
const up = ["up", "--yes", "--skip-preview", "--stack", name];

/** Whose provider the commands after this have. */
type Whose = "the official provider" | "ours";
const use = (whose: Whose): void =>
    void (process.env.UPSHIFT_OFFICIAL_KUBERNETES = String(whose === "the official provider"));

/** One after the other, on one cluster: each goes on from where the one before it ended. */
describe("a stack of this project", function () {
    this.timeout(900_000).bail(true);
    const before_ = process.env.UPSHIFT_OFFICIAL_KUBERNETES;

    before("brings up a cluster", () => stackOnCluster(name, {}, { database: true }));
    after("destroys what is left", async () => {
        process.env.UPSHIFT_OFFICIAL_KUBERNETES = before_;
        await removeBoth(name);
    });

    const unchanged = async (...more: string[]): Promise<void> => {
        const printed = await pulumi(["preview", "--stack", name, ...more]);
        assert.match(printed, /\d+ unchanged/);
        assert.doesNotMatch(printed, /\d+ to (create|update|replace|delete)|changes/i, printed);
    };

    for (const { system, beginning } of stories)
        it(`is previewed with the same steps by both: ${system}`, async () => {
            await setConfig(name, { system });
            await configure(name, beginning);
            const planned: unknown[] = [];
            for (const whose of ["ours", "the official provider"] as const) {
                use(whose);
                planned.push(await plannedSteps());
            }
            assert.deepEqual(planned[1], planned[0]);
        });

    it("is made by ours, and unchanged under the official provider", async () => {
        use("ours");
        await setConfig(name, { system: shop.system });
        await configure(name, shop.beginning);
        await pulumi(up);
        use("the official provider");
        await unchanged();
        await unchanged("--refresh");
    });

    it("makes a step under the official provider, and is unchanged under ours", async () => {
        await configure(name, { config: weightsConfig("review", { v1: 80, v2: 20 }) });
        await pulumi(up);
        assert.deepEqual((await stackOutputs(name)).weights.review, { v1: 80, v2: 20 });
        use("ours");
        await unchanged();
        await unchanged("--refresh");
    });

    it("makes the step back under ours, and is unchanged under the official provider", async () => {
        await configure(name, shop.beginning);
        await pulumi(up);
        use("the official provider");
        await unchanged("--refresh");
    });

    playSteps(name, shop, { sample: 500, rate: 100 });

    it("is destroyed by ours, made by the official provider, and unchanged under ours", async () => {
        use("ours");
        await pulumi(["destroy", "--yes", "--skip-preview", "--stack", name]);
        await configure(name, shop.beginning);
        use("the official provider");
        await pulumi(up);
        use("ours");
        await unchanged("--refresh");
    });

    it("is destroyed by the official provider", async () => {
        use("the official provider");
        await pulumi(["destroy", "--yes", "--skip-preview", "--stack", name]);
        use("ours");
        const { deployment } = JSON.parse(await pulumi(["stack", "export", "--stack", name])) as {
            deployment: { resources?: unknown[] };
        };
        assert.equal(deployment.resources?.length ?? 0, 0);
    });

    /** What a preview means to do with each resource. */
    async function plannedSteps(): Promise<string[]> {
        const { steps } = JSON.parse(await pulumi(["preview", "--json", "--stack", name])) as {
            steps: { op: string; urn: string }[];
        };
        return steps.map(({ op, urn }) => `${op} ${urn}`).sort();
    }
});
