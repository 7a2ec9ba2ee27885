import * as assert from "node:assert/strict";
import { Refused } from "../../cluster/refused";
import type { Edge, TrafficGraph } from "../../rollout/graph/graph";
import type { Chain } from "../../rollout/release/chain/chain";
import { proofOf, type Sample } from "../../rollout/release/chain/proof";
import { whereaboutsOf } from "../../rollout/release/service";
import { chainObjects, routesNamed } from "../support/chain";

const namespace = "hands-on";
const chain = ((): Chain => {
    const objects = chainObjects({ chain: 0 });
    return whereaboutsOf("shop", routesNamed(objects, "hands-on-edge-vs"), objects).chain ?? assert.fail();
})();

/** Calls between workloads, written as `product-composite → review/v2`. */
const graphOf = (seconds: number, calls: Readonly<Record<string, number>>): TrafficGraph => ({
    seconds,
    edges: Object.entries(calls).map(([call, requests]): Edge => {
        const [from = "", to = ""] = call.split(" → ");
        const [service = "", version = ""] = to.split("/");
        return {
            from: { namespace, service: from, version: "v1" },
            to: { namespace, service, version },
            ...{ requests, failed: 0, share: 0, shareOfService: 0 },
        };
    }),
});
/** All of the composite's calls, as the chain has them where nothing is lost. */
const whole = {
    "product-composite → product/v2": 20,
    "product-composite → recommendation/v2": 20,
    "product-composite → review/v2": 20,
};
const proof = (calls: Readonly<Record<string, number>>, more: Partial<Sample> = {}): Record<string, number> =>
    proofOf(
        chain,
        {
            ...{ to: "v2", url: "http://product-composite.hands-on/", statuses: { 200: 20 }, sent: [] },
            ...{ during: graphOf(10, calls), before: graphOf(5, {}), ...more },
        },
        "npx upshift release shop",
    );
const refusal = (...args: Parameters<typeof proof>): string => {
    try {
        proof(...args);
    } catch (error) {
        assert.ok(error instanceof Refused, String(error));
        return error.message;
    }
    return assert.fail("it is proven");
};

describe("the proof that a chain's header reaches its last hop", () => {
    it("has the requests that each service got in the version, whatever its users send to the others", () => {
        const users = { "product-composite → product/v1": 900, "product-composite → review/v1": 900 };
        assert.deepEqual(proof({ ...whole, ...users }), { product: 20, recommendation: 20, review: 20 });
    });
    it("takes more than one call for one request", () => {
        assert.equal(proof({ ...whole, "product-composite → review/v2": 60 }).review, 60);
    });
    it("counts what the caller itself sends by its own proxy, once, where the first service is part of the chain", () => {
        const { "product-composite → product/v2": _, ...others } = whole;
        const sent = [{ to: { namespace, service: "product", version: "v2" }, requests: 20 }];
        assert.equal(proof(others, { sent }).product, 20);
        assert.match(
            refusal({ ...others, "upshift-verify → product/v2": 20 }, { sent: [] }),
            /product got 0 of them: nobody has called it/,
        );
    });
    it("names the hop that loses it, and what that has to do", () => {
        const said = refusal({ ...whole, "product-composite → review/v2": 0, "product-composite → review/v1": 20 });
        assert.match(said, /^The header x-release does not reach the whole chain/);
        assert.match(
            said,
            /No user was moved\. Of 20 requests to http:\/\/product-composite\.hands-on\/ with the header/,
        );
        assert.match(said, /\n {2}review got 0 of them: product-composite loses the header on the way to it\n/);
        assert.match(
            said,
            /\n {2}fix: have it send x-release as it came along with every request.*npx upshift release shop$/,
        );
        assert.doesNotMatch(said, /recommendation/);
    });
    it("is none where part of the requests lose it, as by one of two pods", () => {
        assert.match(
            refusal({ ...whole, "product-composite → review/v2": 9, "product-composite → review/v1": 11 }),
            /review got 9 of them: product-composite loses/,
        );
    });
    it("does not blame a service that never got it for the next one", () => {
        const said = refusal({
            "product-composite → product/v2": 20,
            "product-composite → recommendation/v1": 20,
            "recommendation → review/v1": 20,
        });
        assert.match(said, /recommendation got 0 of them: product-composite loses the header/);
        assert.match(said, /review got 0 of them: it is called by recommendation, which did not get the header either/);
    });
    it("says where nobody calls a service: the request is perhaps none that goes through the chain", () => {
        const { "product-composite → review/v2": _, ...others } = whole;
        assert.match(refusal(others), /review got 0 of them: nobody has called it.*--probe PATH/);
    });
    it("takes what testers send anyway for nobody's proof", () => {
        const before = graphOf(5, { "product-composite → review/v2": 2 });
        const testers = { ...whole, "product-composite → review/v2": 4, "product-composite → review/v1": 20 };
        assert.match(refusal(testers, { before }), /review got 0 of them/);
        assert.equal(proof({ ...whole, "product-composite → review/v2": 24 }, { before }).review, 20);
        const many = graphOf(5, { "product-composite → review/v2": 400 });
        assert.match(refusal(whole, { before: many }), /reaches review can't be told: testers send more/);
    });
    it("is none where requests fail, with what they were answered", () => {
        const said = refusal(whole, { statuses: { 200: 17, 503: 2, "000": 1 } });
        assert.match(said, /^Of 20 requests to .*, 2 got status 503, 1 got no answer\. No user was moved\./);
        assert.match(said, /fix: .*npx upshift release shop --probe PATH/);
    });
});
