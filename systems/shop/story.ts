import { judgeShare } from "../../rollout/share";
import { allTo, type Weights } from "../../components/traffic/split/weights";
import { siege } from "../play/siege";
import { testEmAll } from "./checks/test-em-all";
import { browse, call, edgeOf } from "../play/edge";
import { measureGraphFor } from "../../rollout/graph/measure";
import { versionsIn } from "../../rollout/load/answer";
import { accessToken } from "./token";
import type { Check, Scene, Story } from "../play/story";
import { weightsConfig } from "../../rollout/weightsConfig";

/** The header that canary testers send (seed 000). */
const testers = { name: "X-group", exact: "test", to: "v2" };
const core = ["product", "recommendation", "review"] as const;
const versions = ["v1", "v2"];
const allCoreTo = (version: string): Record<string, number> =>
    Object.assign({}, ...core.map((service) => weightsConfig(service, allTo(version, versions)))) as Record<
        string,
        number
    >;
/** The switch of all users at once. */
const declared = Object.fromEntries(core.map((service) => [`blueGreen.${service}`, "v2"]));
const chain = (weights: Weights) => weightsConfig("shop", weights);

/** The release of seed 000, step by step, and the same as one chain. */
export const shop: Story = {
    system: "shop",
    services: core,
    entry: async (outputs) => ({
        path: "/product-composite/2",
        headers: { authorization: `Bearer ${await accessToken(edgeOf(outputs, "shop"), outputs)}` },
    }),
    beginning: {
        title: "all on v1",
        config: { ...allCoreTo("v1"), canaryHeader: undefined, blueGreen: undefined, "weights.shop": undefined },
        checks: async (scene) => [...(await testedThroughout(scene)), ...(await besieged(scene))],
    },
    steps: [
        {
            title: "testers (X-group: test) to v2",
            // A switch counts once it was declared in a step before: here with the header that makes it testable.
            config: {
                ...Object.fromEntries(Object.entries(testers).map(([key, value]) => [`canaryHeader.${key}`, value])),
                ...declared,
            },
            testers: { [testers.name]: testers.exact },
        },
        { title: "review 80/20", config: weightsConfig("review", { v1: 80, v2: 20 }), checks: graphOfReview },
        { title: "core services to v2", config: allCoreTo("v2") },
        { title: "all back to v1", config: allCoreTo("v1") },
        { title: "the chain 80/20, decided at the edge", config: chain({ v1: 80, v2: 20 }), checks: movesAsOne },
        { title: "the chain back to v1", config: { "weights.shop": undefined } },
        { title: "all to v2", config: allCoreTo("v2"), checks: testedThroughout },
    ],
};

/** The document's siege, and what Kiali's graph shows of it: v1 alone. */
async function besieged({ outputs, edge }: Scene): Promise<Check[]> {
    const headers = { authorization: `Bearer ${await accessToken(edge, outputs)}` };
    const shape = { delay: 1, concurrent: 1, time: 10 };
    const { transactions, failed, served } = await siege(edge, "/product-composite/2", shape, headers);
    const isStrict = core.every((service) => served[`${service}=v1`] === transactions);
    return [
        {
            name: "siege -c1 -d1: only v1",
            ok: transactions > 0 && failed === 0 && isStrict,
            detail: `${transactions} transactions, ${failed} failed`,
        },
    ];
}

/** Kiali's graph of the document: of the composite's calls a third go to review, a fifth of them to v2 (7 against 26 of 33). */
async function graphOfReview({ outputs: { kubeconfig, context } }: Scene): Promise<Check[]> {
    const { edges } = await measureGraphFor({ kubeconfig, context }, 10);
    const toReview = edges.filter(({ from, to }) => from.service === "product-composite" && to.service === "review");
    const ofReview = toReview.reduce((sum, { requests }) => sum + requests, 0);
    const toV2 = toReview.find(({ to }) => to.version === "v2")?.requests ?? 0;
    const third = toReview.reduce((sum, { share }) => sum + share, 0);
    const shares = toReview.map(({ to, share }) => `${to.version} ${share.toFixed(1)} %`).sort();
    return [
        {
            name: "the traffic graph: a third of the composite's calls, a fifth of them to v2",
            ok: Math.abs(third - 100 / 3) < 1 && judgeShare(20, toV2, ofReview).within,
            detail: `review ${shares.join(", ")} of all calls`,
        },
    ];
}

/** The seed's own list of tests. */
async function testedThroughout({ outputs, edge }: Scene): Promise<Check[]> {
    const { base, fetch, close } = browse(edge);
    try {
        const results = await testEmAll(base, await accessToken(edge, outputs), fetch);
        const failed = results.filter((result) => !result.ok);
        return [
            {
                name: `test-em-all, ${results.length} checks`,
                ok: failed.length === 0,
                detail: failed.map(({ name, detail }) => `${name}: ${detail}`).join("; ") || "all as expected",
            },
        ];
    } finally {
        await close();
    }
}

/** Of 100 answers none has services of different versions in it. */
async function movesAsOne({ outputs, edge }: Scene): Promise<Check[]> {
    const headers = { authorization: `Bearer ${await accessToken(edge, outputs)}` };
    const seen = new Set<string>();
    for (let asked = 0; asked < 100; asked++) {
        const { body } = await call(edge, "/product-composite/2", { headers });
        const versions = versionsIn(undefined, body).flatMap(([service, version]) =>
            (core as readonly string[]).includes(service) ? [version] : [],
        );
        seen.add([...new Set(versions)].sort().join("+"));
    }
    return [
        {
            name: "no answer mixes versions",
            ok: [...seen].every((versions) => !versions.includes("+")),
            detail: `answers of ${[...seen].sort().join(" and ")}`,
        },
    ];
}
