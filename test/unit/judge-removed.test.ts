import * as assert from "node:assert/strict";
import type { World } from "../../components/traffic/world/world";
import { codes, judged, service, type Split, world } from "../support/worlds";

/** The service review of the group shop, with a share of v2. */
const at = (v2: number, more: Split = {}): World =>
    world(service({ weights: { v1: 100 - v2, v2 }, marks: { group: "shop" }, ...more }));

describe("the judge of what is to be taken away", () => {
    for (const name of ["review", "shop"]) {
        const limits = { maxRaise: 25, removed: [name] };
        it(`lets it go as a whole, named ${name}`, () => {
            for (const v2 of [0, 40, 100]) assert.deepEqual(codes(at(v2), world(), limits), []);
        });
        it(`is no way around any limit while it stays, named ${name}`, () => {
            assert.deepEqual(codes(at(0), at(100), limits), ["raise"]);
            assert.deepEqual(codes(at(20), at(20, { pods: { v2: 0 } }), limits), ["removal"]);
            assert.deepEqual(codes(at(0), at(0, { images: { v1: "review:next" } }), limits), ["new-code"]);
            const fault = { fault: { abort: { httpStatus: 503, percentage: { value: 100 } } } };
            assert.deepEqual(codes(at(0), at(0, { weighted: fault }), limits), ["fails"]);
        });
        it(`lets its routes and subsets go, and judges whom the Service then moves, named ${name}`, () => {
            const bare = (versions: string[]): World =>
                world(service({ versions, isUnrouted: true }).filter(({ kind }) => kind !== "DestinationRule"));
            assert.deepEqual(judged(at(0, { versions: ["v1"] }), bare(["v1"]), limits).findings, []);
            assert.deepEqual(codes(at(0), bare(["v1", "v2"]), limits), ["raise"]);
        });
    }
});
