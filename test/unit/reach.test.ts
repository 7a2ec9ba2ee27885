import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { changesAt, changesBetween } from "../../components/traffic/effect/changes";
import { isMoved, movesIn } from "../../components/traffic/effect/moves";
import { reachOf } from "../../components/traffic/effect/reach";
import { judge } from "../../components/traffic/judge/judge";
import type { Step } from "../../components/traffic/judge/step";
import { overlay, type World } from "../../components/traffic/world/world";
import { servicePlans } from "../../rollout/plan/services";
import { changed, changes } from "../oracle/changes";
import { worlds } from "../oracle/generate";
import type { World as Manifests } from "../oracle/manifest";
import { productWorld, settled, steppedWorld } from "../oracle/product";
import { byHeader, routes, service, world } from "../support/worlds";

/** How many random steps: `npm run test:long` sets more. */
const cases = Number(process.env.UPSHIFT_CASES ?? 200);
const limits = { maxRaise: 25, maxRaiseTogether: 100 };

/** The services of a step that are looked at. */
function lookedAt(before: World, after: World): string[] {
    const { changes } = judge([{ readFrom: "state", before, after }], limits);
    return [...new Set(changes.map((one) => one.service))].sort();
}

describe("what a step may be something to", () => {
    const review = (v2: number, more: object = {}) => service({ weights: { v1: 100 - v2, v2 }, ...more });
    const others = service({ name: "product" });

    it("is the service whose routes it writes, and none of which nothing is another", () => {
        const before = world(review(0), others);
        assert.deepEqual(lookedAt(before, overlay(before, review(20))), ["review"]);
        assert.deepEqual(lookedAt(before, before), []);
    });

    it("is whoever's pods, subsets or Service it writes", () => {
        const before = world(review(0), others);
        for (const one of others)
            assert.deepEqual(lookedAt(before, overlay(before, [structuredClone(one)])), ["product"], one.kind);
    });

    it("is all of a service, also at a host of it where nothing changes", () => {
        const marks = { service: "review" };
        const edge = routes({ name: "edge", hosts: ["shop.example"], gateways: ["istio-system/main"], marks });
        const before = world(review(0, { marks }), edge, others);
        const after = overlay(before, review(20, { marks }));
        const { changes } = judge([{ readFrom: "state", before, after }], limits);
        assert.ok(changes.some(({ place }) => place.host === "shop.example"));
    });

    it("is whoever goes by a header that somebody gives, wherever that is decided", () => {
        const release = (to: string): object => byHeader(to, { "x-release": { exact: to } });
        const edge = (v2: number) =>
            routes({
                name: "edge",
                hosts: ["shop.example"],
                gateways: ["istio-system/main"],
                weighted: {
                    route: ["v1", "v2"].map((to) => ({
                        destination: { host: "product", subset: "v1" },
                        weight: to === "v2" ? v2 : 100 - v2,
                        headers: { request: { set: { "x-release": to } } },
                    })),
                },
            });
        const before = world(review(0, { rules: [release("v2")] }), others, edge(0));
        assert.ok(lookedAt(before, overlay(before, [edge(80)])).includes("review"));
        const { findings } = judge([{ readFrom: "state", before, after: overlay(before, [edge(80)]) }], limits);
        assert.ok(findings.some(({ code }) => code === "raise"));
    });

    it("says a service's namespace where another one of its name is, that stays as it is", () => {
        const elsewhere = service({ namespace: "stage" });
        const before = world(review(0), elsewhere);
        const after = overlay(before, review(80));
        const { findings, changes, services } = judge([{ readFrom: "state", before, after }], limits);
        assert.deepEqual(
            findings.map(({ namespace }) => namespace),
            ["shop"],
        );
        assert.deepEqual(movesIn(changes, services), ["~ review in shop: v1 100 → 20, v2 0 → 80"]);
    });

    it("leaves nobody out who is moved, whatever else there is", function () {
        // Nothing here waits: how long so many cases take is the machine's.
        this.timeout(0);
        let left = 0;
        fc.assert(
            fc.property(worlds(), changes(), (drawn, change) => {
                const before = productWorld(settled(drawn));
                const after = steppedWorld(settled(changed(drawn, change)), before);
                const { has } = reachOf([{ before, after }]);
                const all = changesBetween(before, after);
                assert.deepEqual(
                    all.filter(({ place }) => has(place)),
                    changesAt(before, after, has),
                );
                const out = all.filter(({ place }) => !has(place));
                assert.equal(
                    out.find((one) => isMoved(one, 0)),
                    undefined,
                );
                left += out.length;
            }),
            { numRuns: cases, seed: 7 },
        );
        assert.ok(left > cases, `only ${left} kinds of requests were left out in ${cases} steps: the test says little`);
    });

    it("makes no difference to what is found and told, over the state and over a cluster that is another", function () {
        this.timeout(0);
        let [found, told] = [0, 0];
        fc.assert(
            fc.property(worlds(), changes(), changes(), (drawn, edit, change) => {
                const next = settled(changed(drawn, change));
                const [state, cluster] = [settled(drawn), settled(changed(drawn, edit))];
                const stepsTo = (afterOf: (one: Manifests) => World): [Step, Step] => [
                    { readFrom: "state", before: productWorld(state), after: afterOf(state) },
                    { readFrom: "cluster", before: productWorld(cluster), after: afterOf(cluster) },
                ];
                const shared = stepsTo((one) => steppedWorld(next, productWorld(one)));
                // Of these nothing is the same object, and so nothing is left out.
                const apart = stepsTo(() => productWorld(structuredClone(next)));
                const { findings } = judge(apart, limits);
                assert.deepEqual(judge(shared, limits).findings, findings);
                const plans = servicePlans(apart, new Map());
                assert.deepEqual(servicePlans(shared, new Map()), plans);
                found += findings.length;
                told += plans.length;
            }),
            { numRuns: cases, seed: 8 },
        );
        assert.ok(
            Math.min(found, told) > cases / 4,
            `only ${found} findings and ${told} services told of in ${cases} steps: the test says little`,
        );
    });
});
