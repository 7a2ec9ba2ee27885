import * as assert from "node:assert/strict";
import type { SeenResource } from "../../components/traffic/judge/appliedIn";
import { chainDestinations } from "../../components/traffic/split/chain";
import { routesFor } from "../../components/traffic/split/routes";
import { readSettings, Settings } from "../../config/read";
import { judge } from "../../rollout/guard/judge";
import { resourcesIn } from "../../rollout/guard/state";

const settingsOf = (values: Record<string, unknown>): Settings => {
    const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
    const { settings, problems } = readSettings(texts);
    assert.ok(settings, JSON.stringify(problems));
    return settings;
};
const review = (v2: number): SeenResource => ({
    kind: "VirtualService",
    namespace: "hands-on",
    name: "review-vs",
    spec: routesFor({ host: "review", versions: ["v1", "v2"], weights: { v1: 100 - v2, v2 } }),
});
const weights = (v2: number) => ({ review: { v1: 100 - v2, v2 } });
const unreachable = new Error("connect ECONNREFUSED");
const live = (v2: number, pods = {}) => ({ seen: [review(v2)], pods });

describe("the judgement of a pending config", () => {
    it("has no finding and says who moves where the step is small enough", () => {
        assert.deepEqual(judge(settingsOf({ weights: weights(60) }), [review(20)], live(20)), {
            changes: { review: "v1 80 → 40, v2 20 → 60" },
            findings: [],
            notes: [],
        });
    });
    it("takes the limits from the config", () => {
        const given = settingsOf({ weights: weights(60), limits: { maxRaise: 25 } });
        assert.match(judge(given, [review(20)], live(20)).findings[0]?.message ?? "", /at most 25 a step: try 45/);
    });
    it("sees an edit that was made behind Pulumi's back, and shows who moves from there", () => {
        const { changes, findings } = judge(settingsOf({ weights: weights(80) }), [review(60)], live(20));
        assert.deepEqual(changes, { review: "v1 80 → 20, v2 20 → 80" });
        assert.match(findings[0]?.message ?? "", /\(the state has v2 60, the cluster has v2 20\)/);
    });
    it("judges by the state alone where the cluster can't be read, says so, and then lets no switch pass", () => {
        const { notes } = judge(settingsOf({ weights: weights(20) }), [review(0)], unreachable);
        assert.match(notes.join(), /the state alone is judged: connect ECONNREFUSED/);
        const declared = settingsOf({ weights: weights(100), blueGreen: { review: "v2" } });
        assert.match(judge(declared, [review(0)], unreachable).findings.at(-1)?.message ?? "", /could not be counted/);
    });
    it("takes a service of another namespace with the same name for another service", () => {
        const foreign = { ...review(0), namespace: "elsewhere" };
        const seen = [review(60), foreign];
        assert.deepEqual(judge(settingsOf({ weights: weights(80) }), [review(60)], { seen, pods: {} }).findings, []);
    });
    it("finds by the cluster what the state has lost of a stack that is there", () => {
        const product = { ...review(0), spec: { ...(review(0).spec as object), hosts: ["product"] } };
        assert.equal(judge(settingsOf({ weights: weights(90) }), [product], live(20)).findings.length, 1);
    });
    it("takes a stack of which nothing is applied for a first deployment", () => {
        const { findings, notes } = judge(settingsOf({ weights: weights(100) }), [], live(0));
        assert.deepEqual(findings, []);
        assert.match(notes.join(), /nothing is applied yet/);
    });
    it("refuses a service whose applied weights are text, unless all go to stable", () => {
        const text = {
            ...review(0),
            spec: JSON.parse(JSON.stringify(review(20).spec).replaceAll("20", '"20"')) as unknown,
        };
        assert.equal(judge(settingsOf({ weights: weights(20) }), [text], unreachable).findings.length, 1);
        assert.deepEqual(judge(settingsOf({ weights: weights(0) }), [text], unreachable).findings, []);
    });
    it("judges a chain that the edge takes over, moves on, or hands back, by what its services have", () => {
        const names = ["product", "recommendation", "review"];
        const core = (v2: number, inChain = false) => names.map((host) => routed(host, v2, inChain));
        const chain = (v2?: number) => (v2 === undefined ? {} : { shop: { v1: 100 - v2, v2 } });
        const step = (from: SeenResource[], chained: object, own = {}) =>
            judge(settingsOf({ weights: { ...chained, ...own } }), from, unreachable).findings.map(
                (one) => one.message,
            );
        assert.deepEqual(step(core(0), chain(50)), []);
        assert.match(
            step(core(0), chain(60)).join(),
            /shop: v2 0 → 60 is a raise of 60 points; at most 50 a step: try 50/,
        );
        assert.match(step([...core(0, true), edge(20)], chain(90)).join(), /shop: v2 20 → 90 is a raise of 70/);
        assert.deepEqual(step([...core(0, true), edge(90)], chain(0)), []);
        assert.deepEqual(step([...core(0, true), edge(90)], chain()), []);
        assert.match(step([...core(90, true), edge(0)], chain(), weights(90)).join(), /review: v2 0 → 90/);
        // Half handed back: the edge still decides, and nobody follows.
        assert.match(step([...core(0), edge(90)], chain(90)).join(), /shop: v2 0 → 90/);
    });
    it("judges shares by pods alike", () => {
        const pods = (v2: number) => ({ weights: { notification: { v1: 100 - v2, v2 } }, system: ["notifications"] });
        const step = (v2: number, limit: number) =>
            judge(settingsOf({ ...pods(v2), limits: { maxRaise: limit } }), fourPods, unreachable).findings;
        assert.deepEqual(step(25, 25), []);
        assert.match(step(50, 25)[0]?.message ?? "", /notification: v2 0 → 50 is a raise of 50 points; at most 25/);
        assert.deepEqual(step(0, 25), []);
    });
});

const routed = (host: string, v2: number, inChain?: boolean): SeenResource => ({
    ...review(v2),
    name: `${host}-vs`,
    spec: routesFor({ host, versions: ["v1", "v2"], weights: { v1: 100 - v2, v2 }, inChain }),
});
const edge = (v2: number): SeenResource => {
    const route = chainDestinations({ host: "product-composite" }, ["v1", "v2"], { v1: 100 - v2, v2 });
    return { ...review(0), name: "edge-vs", spec: { hosts: ["minikube.me"], http: [{ name: "weighted", route }] } };
};
const inNotifications = (kind: string, name: string, spec: object): SeenResource => ({
    kind,
    namespace: "notifications",
    name,
    spec,
});
const fourPods = [
    inNotifications("Service", "notification", { selector: { app: "rest" } }),
    inNotifications("Deployment", "notification-v1", {
        replicas: 4,
        template: { metadata: { labels: { app: "rest", version: "v1" } } },
    }),
];

describe("an exported state", () => {
    const type = "kubernetes:networking.istio.io/v1:VirtualService";
    it("gives who serves as the cluster answered, and neither other kinds nor what waits to be deleted", () => {
        const { spec } = review(20);
        const outputs = { metadata: { namespace: "hands-on", name: "review-vs" }, spec };
        const resources = [
            { type, inputs: { spec: {} }, outputs },
            { type, outputs, delete: true },
            { type: "kubernetes:core/v1:Service", outputs },
            { type: "kubernetes:core/v1:Secret", outputs },
            { type: "pulumi:pulumi:Stack" },
        ];
        const service = { ...review(20), kind: "Service" };
        assert.deepEqual(resourcesIn({ version: 3, deployment: { resources } }), [review(20), service]);
    });
    it("of a new stack has none, and what is no export is an error", () => {
        assert.deepEqual(resourcesIn({ deployment: {} }), []);
        assert.throws(() => resourcesIn({}));
    });
});
