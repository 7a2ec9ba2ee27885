import * as assert from "node:assert/strict";
import { edgeRoutes } from "../../systems/shop/edge";
import { routesFor } from "../../components/traffic/split/routes";
import { describe as inWords } from "../../components/traffic/judge/words";
import { annotationsFor } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { readSettings, type Settings } from "../../systems/config/read";
import { judged } from "../../systems/pending/judge";
import { deployment } from "../support/worlds";

const settingsOf = (values: Record<string, unknown>): Settings => {
    const texts = Object.fromEntries(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)]));
    const { settings, problems } = readSettings(texts);
    assert.ok(settings, JSON.stringify(problems));
    return settings;
};
const [namespace, versions] = ["hands-on", ["v1", "v2"]];
const weights = (v2: number) => ({ review: { v1: 100 - v2, v2 } });
const body = (value: object): Body => value as Body;

/** A core service of the shop as its components apply it. */
const core = (name: string, v2: number, more: { inChain?: boolean; marks?: object } = {}): Placed[] => {
    const marks = { service: name, group: "shop", stable: "v1", maxRaise: 50, maxRaiseTogether: 100, ...more.marks };
    const spec = routesFor({ host: name, versions, weights: { v1: 100 - v2, v2 }, inChain: more.inChain });
    const subsets = versions.map((version) => ({ name: version, labels: { version } }));
    return [
        placed(
            "VirtualService",
            body({ metadata: { name: `${name}-vs`, namespace, annotations: annotationsFor(marks) }, spec }),
        ),
        placed("DestinationRule", body({ metadata: { name: `${name}-dr`, namespace }, spec: { host: name, subsets } })),
        placed(
            "Service",
            body({
                metadata: { name, namespace, annotations: annotationsFor({ group: "shop" }) },
                spec: { selector: { app: name }, ports: [{ name: "http", port: 80 }] },
            }),
        ),
        ...versions.map((version) => deployment({ name, namespace, version, pods: 1 })),
    ];
};
const edge = (chain?: number): Placed =>
    placed(
        "VirtualService",
        body({
            metadata: {
                name: "hands-on-edge-vs",
                namespace,
                annotations: annotationsFor({
                    service: "shop",
                    group: "shop",
                    stable: "v1",
                    maxRaise: 50,
                    maxRaiseTogether: 100,
                }),
            },
            spec: edgeRoutes(
                "minikube.me",
                "istio-ingress/gw",
                chain === undefined ? undefined : { v1: 100 - chain, v2: chain },
            ),
        }),
    );
const live = (...objects: Placed[][]): World => ({ objects: objects.flat(), isWhole: true });
const unreachable = new Error("connect ECONNREFUSED");
const messages = (...args: Parameters<typeof judged>): string[] => judged(...args).findings.map(inWords);

describe("the judgement of a pending config", () => {
    it("has no finding and says who moves where the step is small enough", () => {
        const found = judged(settingsOf({ weights: weights(60) }), core("review", 20), live(core("review", 20)));
        assert.deepEqual(found, { moves: ["~ review: v1 80 → 40, v2 20 → 60"], findings: [], notes: [] });
    });
    it("has no finding, and nobody moves, where the config asks for what is applied", () => {
        const found = judged(settingsOf({ weights: weights(20) }), core("review", 20), live(core("review", 20)));
        assert.deepEqual(found, { moves: [], findings: [], notes: [] });
    });
    it("takes the limits that are applied, and not those of the pending config", () => {
        const strict = core("review", 20, { marks: { maxRaise: 25 } });
        const given = settingsOf({ weights: weights(60), limits: { maxRaise: 100 } });
        assert.match(messages(given, strict, live(strict)).join(), /at most 25 a step: try 45/);
    });
    it("sees an edit that was made behind Pulumi's back, and shows who moves from there", () => {
        const { moves, findings } = judged(
            settingsOf({ weights: weights(80) }),
            core("review", 60),
            live(core("review", 20)),
        );
        assert.deepEqual(moves, ["~ review: v1 80 → 20, v2 20 → 80"]);
        assert.match(findings.map(inWords).join(), /\(the state has v2 60, the cluster has v2 20\)/);
    });
    it("judges by the state alone where the cluster can't be read, says so, and then lets no switch pass", () => {
        const { notes } = judged(settingsOf({ weights: weights(20) }), core("review", 0), unreachable);
        assert.match(notes.join(), /the state alone is judged: connect ECONNREFUSED/);
        const declared = core("review", 0, { marks: { blueGreen: "v2" } });
        const given = settingsOf({ weights: weights(100), blueGreen: { review: "v2" } });
        assert.match(messages(given, declared, unreachable).join(), /is declared as a blue\/green switch/);
    });
    it("takes a stack of which nothing is applied for a first deployment", () => {
        const { findings, notes } = judged(settingsOf({ weights: weights(100) }), [], live());
        assert.deepEqual(findings, []);
        assert.match(notes.join(), /nothing is applied yet/);
    });
    it("refuses `stable` and weights in one step", () => {
        const given = settingsOf({ weights: weights(100), stable: { review: "v2" } });
        assert.match(
            messages(given, core("review", 0), live(core("review", 0))).join(),
            /review: v2 0 → 100 is a raise/,
        );
    });
    it("refuses another image under users, unless it is declared in place", () => {
        const images = { review: { v1: "registry.example.com/review:1" } };
        const applied = core("review", 0);
        assert.match(
            messages(settingsOf({ images }), applied, live(applied)).join(),
            /review: v1 gets new code under 100 %/,
        );
        assert.deepEqual(messages(settingsOf({ images, inPlace: { review: "v1" } }), applied, live(applied)), []);
    });
    it("refuses a fault for everybody", () => {
        const given = settingsOf({ routing: { review: { fault: { abortStatus: 503 } } } });
        assert.match(messages(given, core("review", 0), live(core("review", 0))).join(), /answered by no version/);
    });
    it("refuses to take a system away that has users, unless that is said", () => {
        const applied = [...core("review", 0), edge()];
        const given = { system: ["workshop"] };
        assert.match(messages(settingsOf(given), applied, live(applied)).join(), /review: .*taken away/);
        assert.deepEqual(messages(settingsOf({ ...given, remove: ["shop"] }), applied, live(applied)), []);
    });
    it("judges a chain that the edge takes over, moves on, or hands back, by what its services have", () => {
        const names = ["product", "recommendation", "review"];
        const all = (v2: number, inChain = false) => names.flatMap((name) => core(name, v2, { inChain }));
        const chain = (v2?: number) => (v2 === undefined ? {} : { shop: { v1: 100 - v2, v2 } });
        const step = (from: Placed[], chained: object, own = {}) =>
            messages(settingsOf({ weights: { ...chained, ...own } }), from, unreachable);
        const without = [...all(0), edge()];
        assert.deepEqual(step(without, chain(50)), []);
        assert.match(
            step(without, chain(60)).join(),
            /shop: v2 0 → 60 is a raise of 60 points; at most 50 a step: try 50/,
        );
        assert.match(step([...all(0, true), edge(20)], chain(90)).join(), /shop: v2 20 → 90 is a raise of 70/);
        assert.deepEqual(step([...all(0, true), edge(90)], chain(0)), []);
        assert.deepEqual(step([...all(0, true), edge(90)], chain()), []);
        assert.match(step([...all(0, true), edge(0)], chain(), weights(90)).join(), /v2 0 → 90/);
    });
    it("judges shares by pods alike", () => {
        const marks = {
            service: "notification",
            group: "notifications",
            stable: "v1",
            maxRaise: 25,
            maxRaiseTogether: 100,
        };
        const four = [
            placed(
                "Service",
                body({
                    metadata: { name: "notification", namespace: "notifications", annotations: annotationsFor(marks) },
                    spec: { selector: { app: "rest" }, ports: [{ name: "http", port: 80 }] },
                }),
            ),
            ...[["v1", 4] as const, ["v2", 0] as const].map(([version, pods]) => ({
                ...deployment({
                    name: "notification",
                    namespace: "notifications",
                    version,
                    pods,
                    labels: { app: "rest" },
                }),
            })),
        ];
        const step = (v2: number) =>
            messages(
                settingsOf({ weights: { notification: { v1: 100 - v2, v2 } }, system: ["notifications"] }),
                four,
                unreachable,
            );
        assert.deepEqual(step(25), []);
        assert.match(step(50).join(), /notification: v2 0 → 50 is a raise of 50 points; at most 25/);
        assert.deepEqual(step(0), []);
    });
});
