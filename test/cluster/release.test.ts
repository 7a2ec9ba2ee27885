import * as assert from "node:assert/strict";
import { testEmAll } from "../../systems/shop/checks/test-em-all";
import { browse, call, edgeOf } from "../../systems/play/edge";
import { measure } from "../../systems/play/measure";
import { pulumi, pulumiWords } from "../../rollout/pulumi";
import { repair } from "../../rollout/repair";
import { stackOutputs } from "../../systems/play/outputs";
import { setConfig } from "../../rollout/stack";
import { allTo } from "../../components/traffic/split/weights";
import { shop as story } from "../../systems/shop/story";
import { configure } from "../../systems/play/tell";
import { accessToken } from "../../systems/shop/token";
import { kubectl } from "../support/kubectl";
import { weightsConfig } from "../../rollout/weightsConfig";
import { killDuring } from "../support/kill";
import { playSteps } from "../support/playStories";
import { removeBoth, stackOnCluster } from "../support/stackOnCluster";

const name = "release-test";
const up = ["up", "--yes", "--skip-preview", "--stack", name];

/** One after the other, on one cluster: each goes on from where the one before it ended. */
describe("a release on the mesh", function () {
    this.timeout(600_000);
    this.bail(true);

    before("brings up a cluster", async function () {
        this.timeout(600_000);
        await stackOnCluster(name);
        await configure(name, story.beginning);
    });

    after("destroys what is left", async function () {
        this.timeout(600_000);
        await removeBoth(name);
    });

    it("has nothing to fix on a new stack", async () => {
        assert.deepEqual(await repair(name), []);
    });

    it("comes up, although the first update was killed while it was creating", async () => {
        await killDuring(up, "Deployment review-v1 creating");
        const fixed = await repair(name);
        assert.match(fixed.join(), /the lock.*resources of an update/);
        await pulumi(up);
    });

    it("begins with every user on v1", async () => {
        const outputs = await stackOutputs(name);
        assert.deepEqual(outputs.weights.review, { v1: 100, v2: 0 });
        const wanted = { services: ["review"], requests: 500, rate: 100, headers: {} };
        for (const result of await measure(story, outputs, wanted)) assert.ok(result.ok, JSON.stringify(result));
    });

    it("passes the seed's list of tests", async () => {
        const outputs = await stackOutputs(name);
        const shop = browse(edgeOf(outputs, "shop"));
        try {
            const results = await testEmAll(shop.base, await accessToken(edgeOf(outputs, "shop"), outputs), shop.fetch);
            assert.ok(results.length > 10);
            assert.deepEqual(
                results.filter((result) => !result.ok),
                [],
            );
        } finally {
            await shop.close();
        }
    });

    it("answers 401 to a wrong token and 403 to none, whichever way it comes but the header", async () => {
        const outputs = await stackOutputs(name);
        const edge = edgeOf(outputs, "shop");
        const path = "/product-composite/2";
        const ask = async (at: string, headers: Record<string, string> = {}): Promise<number> =>
            (await call(edge, at, { headers })).status;
        const token = await accessToken(edge, outputs);
        assert.equal(await ask(path, { authorization: `Bearer ${token}` }), 200);
        assert.equal(await ask(path, { authorization: "Bearer no.such.token" }), 401);
        assert.equal(await ask(path), 403);
        assert.equal(await ask(`${path}?access_token=${token}`), 403);
        assert.equal(await ask(path, { cookie: `access_token=${token}` }), 403);
    });

    it("lets a token do what its scope says, and nothing else", async () => {
        const outputs = await stackOutputs(name);
        const edge = edgeOf(outputs, "shop");
        const read = await accessToken(edge, outputs, "product:read");
        const write = await accessToken(edge, outputs, "product:write");
        const ask = async (method: "GET" | "POST" | "DELETE", path: string, token: string): Promise<number> =>
            (await call(edge, path, { method, headers: { authorization: `Bearer ${token}` } })).status;
        const gone = "/product-composite/4711";
        assert.equal(await ask("GET", "/product-composite/2", read), 200);
        assert.equal(await ask("GET", "/product-composite/2", write), 403);
        assert.equal(await ask("DELETE", gone, read), 403);
        assert.equal(await ask("POST", "/product-composite", read), 403);
        assert.equal(await ask("DELETE", gone, write), 200);
        for (const hidden of [
            "//product-composite/4711",
            "/openapi/../product-composite/4711",
            `${gone}/`,
            `${gone}%2f`,
        ])
            assert.notEqual(await ask("DELETE", hidden, read), 200, hidden);
    });

    it("shows in the preview who would move, and moves nobody", async () => {
        await setConfig(name, { "weights.review.v1": 80, "weights.review.v2": 20 });
        const { stdout, stderr } = await pulumiWords(["preview", "--diff", "--stack", name]);
        assert.match(stderr, /~ review: v1 100 → 80, v2 0 → 20/);
        assert.match(stdout, /~ weights +: \{\s+~ v1: 100 => 80\s+~ v2: 0 => 20/);
        assert.doesNotMatch(stdout, /\[unknown\]/);
        const live = JSON.parse(
            await kubectl(name, ["get", "virtualservice", "review-vs", "-n", "hands-on", "-o", "json"]),
        ) as { spec: { http: { route: { weight: number }[] }[] } };
        assert.deepEqual(
            live.spec.http[0]?.route.map((route) => route.weight),
            [100, 0],
        );
        await configure(name, { config: weightsConfig("review", allTo("v1", ["v1", "v2"])) });
    });

    it("applies nothing of a config with problems, and tells all of them", async () => {
        await setConfig(name, { "weights.review.v2": 30, "weights.product.v1": 50 });
        await assert.rejects(
            pulumi(up),
            /2 problems[\s\S]*weights\.product[\s\S]*v1 50 \+ v2 0 = 50[\s\S]*weights\.review[\s\S]*= 130[\s\S]*fix: pulumi config set/,
        );
        await configure(name, story.beginning);
    });

    it("changes nothing when nothing changed, also with a refresh", async () => {
        assert.match(await pulumi(up), /\d+ unchanged/);
        assert.doesNotMatch(await pulumi([...up, "--refresh"]), /\d+ updated|\d+ replaced|\d+ created/);
    });

    playSteps(name, story, { sample: 500, rate: 100 });

    it("goes on after an update that was killed halfway", async () => {
        await configure(name, story.beginning);
        await killDuring(up, "updating");
        await repair(name);
        await pulumi(up);
        assert.deepEqual((await stackOutputs(name)).weights.review, { v1: 100, v2: 0 });
    });

    it("leaves nothing when it is destroyed", async () => {
        await pulumi(["destroy", "--yes", "--skip-preview", "--stack", name]);
        const namespaces = await kubectl(name, ["get", "namespaces", "-o", "name"]);
        assert.doesNotMatch(namespaces, /hands-on|istio/);
        const clusterWide = await kubectl(name, [
            "get",
            "clusterroles,clusterrolebindings,validatingwebhookconfigurations,mutatingwebhookconfigurations",
            "-o",
            "name",
        ]);
        assert.doesNotMatch(clusterWide, /istio/);
    });
});
