import * as assert from "node:assert/strict";
import { type Answer, call, type CallInit, edgeOf } from "../../systems/play/edge";
import { measureGraph } from "../../rollout/graph/measure";
import { versionsIn } from "../../rollout/load/answer";
import { pulumi } from "../../rollout/pulumi";
import { stackOutputs } from "../../systems/play/outputs";
import { configure } from "../../systems/play/tell";
import { removeBoth, stackOnCluster } from "../support/stackOnCluster";

const name = "routing-test";

/** What routes do beside splitting, asked of a real gateway: the demo application in prod and stage. */
describe("routing options on the mesh", function () {
    this.timeout(600_000);
    this.bail(true);
    let ask: (path: string, init?: CallInit) => Promise<Answer>;

    const up = async (config: Parameters<typeof configure>[1]["config"]): Promise<void> => {
        await configure(name, { config });
        await pulumi(["up", "--yes", "--skip-preview", "--stack", name]);
    };
    const split = (prod: number, stage: number) => ({ "weights.demoapp.prod": prod, "weights.demoapp.stage": stage });

    before("brings up the demo application", async () => {
        await stackOnCluster(name, { system: "stages" });
        await up({ ...split(100, 0), "routing.demoapp.affinity.cookie": "stay" });
        const edge = edgeOf(await stackOutputs(name), "stages");
        ask = (path, init) => call(edge, path, init);
    });

    after("destroys what is left", () => removeBoth(name));

    let users: { cookie: string; version: string }[] = [];

    it("give every new user of a split a cookie for the version that served them", async () => {
        await up(split(50, 50));
        const answers = await Promise.all(Array.from({ length: 40 }, () => ask("/")));
        users = answers.map((answer) => ({
            cookie: answer.headers["set-cookie"]?.split(";")[0] ?? "",
            version: servedBy(answer),
        }));
        for (const { cookie, version } of users) assert.equal(cookie, `stay=${version}`);
        assert.deepEqual([...new Set(users.map(({ version }) => version))].sort(), ["prod", "stage"]);
    });

    it("keep each user on that version, also after the next step", async () => {
        await stayPut();
        await up(split(20, 80));
        await stayPut();
    });

    it("let users go when the release ends, and take the cookie back", async () => {
        await up(split(100, 0));
        for (const { cookie } of users) {
            const answer = await ask("/", { headers: { cookie } });
            assert.equal(servedBy(answer), "prod");
            assert.match(answer.headers["set-cookie"] ?? "", /^stay=; .*Max-Age=0/);
        }
        assert.equal((await ask("/")).headers["set-cookie"], undefined);
    });

    it("match all of one entry and any of several", async () => {
        const match = "routing.demoapp.canaryMatch";
        await up({
            "routing.demoapp.affinity": undefined,
            [`${match}.to`]: "stage",
            [`${match}.any[0].cookies.group.exact`]: "beta",
            [`${match}.any[0].path.prefix`]: "/",
            [`${match}.any[1].headers.X-Beta.prefix`]: "y",
            [`${match}.any[1].method.exact`]: "POST",
        });
        const expected: [string, CallInit, string][] = [
            ["/", {}, "prod"],
            ["/", { headers: { cookie: "a=b; group=beta; c=d" } }, "stage"],
            ["/", { headers: { cookie: "group=betas" } }, "prod"],
            ["/", { headers: { cookie: "othergroup=beta" } }, "prod"],
            ["/", { headers: { "x-beta": "yes" } }, "prod"],
            ["/", { headers: { "x-beta": "yes" }, method: "POST" }, "stage"],
            ["/", { headers: { "x-beta": "no" }, method: "POST" }, "prod"],
        ];
        for (const [path, init, version] of expected)
            assert.equal(servedBy(await ask(path, init)), version, JSON.stringify(init));
    });

    it("send a copy to the mirror's version, whose answer nobody gets", async () => {
        await up({ "routing.demoapp.canaryMatch": undefined, "routing.demoapp.mirror.to": "stage" });
        const { kubeconfig, context } = await stackOutputs(name);
        const requests = 50;
        const { edges } = await measureGraph({ kubeconfig, context }, async () => {
            for (let sent = 0; sent < requests; sent++) assert.equal(servedBy(await ask("/")), "prod");
        });
        const to = (namespace: string): number =>
            edges.filter((edge) => edge.to.namespace === namespace).reduce((sum, edge) => sum + edge.requests, 0);
        assert.equal(to("prod"), requests);
        assert.equal(to("stage"), requests);
    });

    it("fail requests on purpose, no more of them at once than a step may move", async () => {
        const fault = "routing.demoapp.fault";
        await assert.rejects(
            up({ "routing.demoapp.mirror": undefined, [`${fault}.abortStatus`]: 418 }),
            /fault 418 0 → 100[^]*answered by no version/,
        );
        await up({ [`${fault}.abortPercent`]: 50 });
        const answers = await Promise.all(Array.from({ length: 40 }, () => ask("/")));
        assert.deepEqual([...new Set(answers.map(({ status }) => status))].sort(), [200, 418]);
    });

    /** Each user comes five times more. */
    async function stayPut(): Promise<void> {
        for (const { cookie, version } of users.slice(0, 12))
            for (let again = 0; again < 5; again++)
                assert.equal(servedBy(await ask("/", { headers: { cookie } })), version);
    }
});

function servedBy({ headers, body }: Answer): string {
    return versionsIn(headers["x-served-by"], body).find(([service]) => service === "demoapp")?.[1] ?? "";
}
