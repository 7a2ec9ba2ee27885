import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Placed } from "../../components/traffic/world/objects";
import type { World } from "../../components/traffic/world/world";
import { byHeader, codes, deployment, routes, service, type Split, told, world } from "../support/worlds";

/** Routes of one service, with limits of their own. */
interface Way {
    readonly v2: number;
    readonly maxRaise: number;
}

/** One service with routes for callers in the mesh and others for those at a gateway. */
function twoWays(mesh: Way, gateway: Way): World {
    const of = ({ v2, maxRaise }: Way, more: Split = {}): Placed =>
        routes({
            weights: { v1: 100 - v2, v2 },
            marks: { maxRaise, maxRaiseTogether: 100 },
            ...more,
        });
    const outside = of(gateway, { hosts: ["shop.example.com"], gateways: ["edge/gw"] });
    return world(service({ isUnrouted: true }), of(mesh), { ...outside, name: "review-edge" });
}

describe("the judge of one service with several routes", () => {
    it("holds each raise against the limit of its own routes", () => {
        const [wide, narrow] = [{ maxRaise: 100 }, { maxRaise: 5 }];
        assert.match(
            told(
                twoWays({ v2: 0, ...wide }, { v2: 0, ...narrow }),
                twoWays({ v2: 80, ...wide }, { v2: 60, ...narrow }),
            ).join(),
            /v2 0 → 60 is a raise of 60 points; at most 5 a step/,
        );
    });
    it("refuses a step just where one of them goes too far", () => {
        const raise = fc.record({ v2: fc.integer({ min: 0, max: 100 }), maxRaise: fc.integer({ min: 1, max: 100 }) });
        fc.assert(
            fc.property(raise, raise, (mesh, gateway) => {
                const before = twoWays({ ...mesh, v2: 0 }, { ...gateway, v2: 0 });
                const isTooFar = [mesh, gateway].some(({ v2, maxRaise }) => v2 > maxRaise);
                assert.equal(codes(before, twoWays(mesh, gateway)).length > 0, isTooFar);
            }),
            { numRuns: 200 },
        );
    });
});

describe("the judge of one version in several parts", () => {
    const at = (v2: number, more: Split = {}): World => world(service({ weights: { v1: 100 - v2, v2 }, ...more }));
    const weighted = (...parts: readonly (readonly [subset: string, weight: number, way?: string])[]): World =>
        at(0, {
            subsets: { v1: { version: "v1" }, v2: { version: "v2" } },
            weighted: {
                route: parts.map(([subset, weight, way]) => ({
                    destination: { host: "review", subset },
                    weight,
                    ...(way && { headers: { request: { set: { "x-way": way } } } }),
                })),
            },
        });

    it("adds up its workloads: four with a quarter of its pods each gain as one does", () => {
        const more = [1, 2, 3].map((n) => ({ ...deployment({ version: "v2" }), name: `review-v2-${n}` }));
        const of = (v2: number, split: Split = {}): World => world(at(v2, split).objects, more);
        assert.match(told(of(0), of(100)).join(), /v2 0 → 100 is a raise of 100 points; at most 25 a step: try 25/);
        assert.deepEqual(told(of(0), of(25)), []);
        assert.deepEqual(told(of(100), of(0)), []);
        const tested = { rules: [byHeader("v2")], marks: { blueGreen: "v2" }, pods: { v1: 8 } };
        assert.deepEqual(told(of(0, tested), of(100, tested)), [], "a switch counts the pods of all");
    });
    it("adds up what differs only by a header on its way", () => {
        const ways = [1, 2, 3, 4].map((n) => ["v2", 25, `${n}`] as const);
        assert.match(told(at(0), weighted(...ways)).join(), /v2 0 → 100 is a raise of 100 points/);
    });
    it("adds up all that no version answers, for whatever reason", () => {
        const lost = [5, 6, 7, 8].map((n) => [`v${n}`, 25] as const);
        assert.deepEqual(codes(at(0), weighted(...lost)), ["fails"]);
        assert.deepEqual(codes(at(0), weighted(["v1", 76], ["v5", 12], ["v6", 12])), []);
    });
});
