import * as assert from "node:assert/strict";
import { chainDestinations } from "../../components/traffic/split/chain";
import { Strategy } from "../../components/traffic/split/strategy";
import { routesFor } from "../../components/traffic/split/routes";
import { annotationsFor } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { byHeader, codes, routes, service, type Split, told, world } from "../support/worlds";

/** An edge that gives its requests a release, in front of a Service whose routes do not go by it. */
const edge = (v2: number) =>
    world(
        service({
            name: "shop",
            weights: { v1: 0 },
            weighted: { route: chainDestinations({ host: "shop" }, ["v1", "v2"], { v1: 100 - v2, v2 }) },
        }),
    );

describe("the stable version", () => {
    it("is found by the release that an edge gives, where no routes of ours go by it", () => {
        assert.deepEqual(codes(edge(25), edge(50)), []);
        assert.deepEqual(codes(edge(100), edge(0)), []);
        assert.deepEqual(codes(edge(0), edge(90)), ["raise"]);
    });
});

describe("what the stable version's name leads to", () => {
    const next = service({ name: "review-next", isUnrouted: true });
    const to = (host: string, subset: string, release?: string): object => ({
        route: [
            {
                destination: { host, subset },
                ...(release && { headers: { request: { set: { "x-release": release } } } }),
            },
        ],
    });
    const forTesters = { match: [{ headers: { "x-group": { exact: "test" } } }] };
    const at = (split: Split): World => world(service({ weights: { v1: 100, v2: 0 }, ...split }), next);

    it("is no other Service that only testers reach by it", () => {
        const rules = [{ ...forTesters, ...to("review-next", "v1") }];
        assert.deepEqual(codes(at({}), at({ rules })), []);
        assert.deepEqual(codes(at({ rules }), at({ rules, weighted: to("review-next", "v1") })), ["raise"]);
    });
    it("is no other version that a rule for testers gives its release", () => {
        const rules = [{ ...forTesters, ...to("review", "v2", "v1") }];
        assert.deepEqual(codes(at({}), at({ rules })), []);
        for (const weighted of [to("review", "v2", "v1"), to("review", "v2")])
            assert.deepEqual(codes(at({ rules }), at({ rules, weighted })), ["raise"]);
    });
    it("is no other host of the same routes either", () => {
        const rules = [{ ...forTesters, ...to("ghost", "v1") }];
        const both = (split: Split): World => {
            const ghost = service({ name: "ghost", isUnrouted: true });
            return world(at({ hosts: ["review", "ghost"], ...split }).objects, ghost);
        };
        assert.deepEqual(codes(both({ rules }), both({ rules, weighted: to("ghost", "v1") })), ["raise"]);
    });
    it("is nothing that a rule below all others says, which nobody meets", () => {
        const [weighted] = [{ name: "weighted", ...to("review", "v1") }];
        const dead = (above: readonly object[]): World => at({ rules: above, weighted: to("review-next", "v1") });
        assert.deepEqual(codes(dead([weighted]), dead([])), ["raise"]);
    });
    it("is nothing that routes of another host say, to which nobody was moved", () => {
        const other = (host: string): Placed => ({
            ...routes({ hosts: ["new.example.com"], gateways: ["edge/gw"], weighted: to(host, "v1") }),
            name: "review-new",
        });
        const of = (split: Split): World => world(at(split).objects, other("review-next"));
        assert.deepEqual(codes(at({}), of({})), []);
        assert.deepEqual(codes(of({}), of({ weighted: to("review-next", "v1") })), ["raise"]);
    });
    it("is at each place what its own mark says", () => {
        const of = (mesh: number, gateway: number): World => {
            const outside = routes({
                weights: { v1: 100 - gateway, v2: gateway },
                marks: { stable: "v2" },
                hosts: ["shop.example.com"],
                gateways: ["edge/gw"],
            });
            const weights = { v1: 100 - mesh, v2: mesh };
            return world(service({ weights }), { ...outside, name: "review-edge" });
        };
        assert.deepEqual(told(of(60, 40), of(0, 100)), []);
        assert.deepEqual(codes(of(0, 100), of(100, 100)), ["raise"]);
        assert.deepEqual(codes(of(0, 100), of(0, 0)), ["raise"]);
    });
    it("can't be moved to a name that testers alone know", () => {
        const rules = [{ ...forTesters, ...to("review", "v1", "next") }];
        assert.deepEqual(codes(at({ rules }), at({ rules, marks: { stable: "next" } })), ["stable-moved"]);
    });
    it("is what testers reach by it where nobody else has it: the way back stays open", () => {
        const rules = [byHeader("v1")];
        const gone = { rules, weighted: to("review", "v2") };
        assert.deepEqual(told(at(gone), at({ rules })), []);
        const outside = { hosts: ["shop.example.com"], gateways: ["edge/gw"] };
        assert.deepEqual(told(at({ ...gone, ...outside }), at({ rules, ...outside })), []);
    });
    it("is another Service where that is how versions are told apart", () => {
        const of = (stage: number): World => {
            const spec = routesFor({
                host: "demoapp",
                hosts: ["demo.example.com"],
                gateways: ["edge/gw"],
                versions: ["prod", "stage"],
                weights: { prod: 100 - stage, stage },
                strategy: Strategy.Namespaces,
            });
            const annotations = annotationsFor({ service: "demoapp", stable: "prod" });
            const metadata = { name: "demoapp-vs", namespace: "edge", annotations };
            return world(
                ...["prod", "stage"].map((namespace) =>
                    service({ name: "demoapp", namespace, weights: { v1: 100 }, isUnrouted: true }),
                ),
                placed("VirtualService", { metadata, spec } as unknown as Body),
            );
        };
        assert.deepEqual(told(of(0), of(25)), []);
        assert.deepEqual(told(of(100), of(0)), []);
        assert.match(told(of(0), of(90)).join(), /stage 0 → 90 is a raise/);
    });
});
