import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { World } from "../../components/traffic/world/world";
import { byHeader, codes, service, type Split, told, world } from "../support/worlds";

/** The service review with a share of v2. */
const at = (v2: number, more: Split = {}): World => world(service({ weights: { v1: 100 - v2, v2 }, ...more }));
const next = { images: { v2: "review:next" }, marks: { inPlace: "v2" } };

describe("the judge of code that is declared to change in place", () => {
    it("lets it take over the users whom its pods had, however many", () => {
        for (const v2 of [0, 10, 60, 100]) assert.deepEqual(told(at(v2), at(v2, next)), []);
        assert.deepEqual(told(at(0), at(0, { images: { v1: "review:next" }, marks: { inPlace: "v1" } })), []);
    });
    it("takes what goes beyond for a raise like any other", () => {
        assert.deepEqual(told(at(10), at(100, next)), [
            "review: v2 10 → 100 is a raise of 90 points; at most 25 a step: try 35, or declare a blue/green switch after a header test",
        ]);
        assert.match(told(at(0), at(100, next)).join(), /^review: v2 0 → 100 is a raise of 100 points/);
    });
    it("refuses just what it would refuse of the same code", () => {
        const share = fc.integer({ min: 0, max: 100 });
        fc.assert(
            fc.property(share, share, (from, to) => {
                assert.deepEqual(told(at(from), at(to, next)), told(at(from), at(to)));
            }),
            { numRuns: 200 },
        );
    });
    it("is no way around the test of a switch", () => {
        const tested = { rules: [byHeader("v2")], marks: { blueGreen: "v2" } };
        const swapped = { ...tested, images: next.images, marks: { ...tested.marks, inPlace: "v2" } };
        assert.deepEqual(codes(at(0, tested), at(100, swapped)), ["switch-untested"]);
    });
    it("counts pods once that routes lead to in several ways", () => {
        const of = (headers: readonly string[], v2: number, more: Split = {}): World => {
            const to = (subset: string, weight: number, value?: string): object => ({
                destination: { host: "review", subset },
                weight,
                ...(value && { headers: { request: { set: { "x-way": value } } } }),
            });
            const ways = headers.map((value) => to("v2", v2 / headers.length, value));
            return world(service({ weighted: { route: [to("v1", 100 - v2), ...ways] }, ...more }));
        };
        assert.match(told(of(["a"], 30), of(["a", "b"], 100, next)).join(), /v2 30 → 100 is a raise of 70 points/);
    });
});
