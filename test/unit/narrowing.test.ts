import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Place } from "../../components/traffic/effect/kind";
import { anyRequest, describeKind, kindsOf } from "../../components/traffic/effect/kinds";
import { isWithout, judge } from "../../components/traffic/effect/matching";
import { narrowed } from "../../components/traffic/effect/narrowing";
import type { Match, StringMatch } from "../../components/traffic/world/istio";
import { codes, service, type Split, world } from "../support/worlds";

const review: Place = { host: "review.shop.svc.cluster.local", entry: "mesh", protocol: "http" };
const atGateway: Place = { host: "shop.example.com", entry: "edge/gw", protocol: "http" };
const anywhere: Place[] = [review, atGateway, { ...atGateway, host: "*.example.com" }, { ...atGateway, host: "*" }];

/** A condition on a text of some words. */
const text = (words: string[], patterns: string[]): fc.Arbitrary<StringMatch> =>
    fc.oneof(
        fc.constantFrom(...words).map((exact) => ({ exact })),
        fc.constantFrom("", ...words).map((prefix) => ({ prefix })),
        fc.constantFrom(".*", ".+", "*", ...patterns).map((regex) => ({ regex })),
        fc.constant({}),
    );
const paths = text(["/", "/a", "/A", "/a/b", "/a?q=1"], ["/a.*", "/.*", "/a\\?q=.*"]);
const methods = text(["GET", "POST"], ["GET|POST", "P.*"]);
const hosts = text(
    ["review", "review.shop.svc.cluster.local", "shop.example.com", "shop.example.com:8443", "www.example.com"],
    ["review(:\\d+)?", ".*\\.example\\.com"],
);
const values = text(["test", "te"], ["te.*"]);
const header = fc.oneof(
    fc.tuple(fc.constant(":path"), paths),
    fc.tuple(fc.constant(":method"), methods),
    fc.tuple(fc.constantFrom(":authority", "host", "Host"), hosts),
    fc.tuple(fc.constant(":scheme"), text(["http", "https"], ["https?"])),
    fc.tuple(fc.constantFrom("x-group", "X-Group", "cookie"), values),
);
const headers = fc.array(header, { maxLength: 2 }).map((pairs) => Object.fromEntries(pairs));
const names = ["shop.example.com", "*.example.com", "www.example.com", "*"];
const block = fc.record<Match>(
    {
        uri: paths,
        ignoreUriCase: fc.boolean(),
        method: methods,
        authority: hosts,
        scheme: text(["http", "https"], ["https?"]),
        headers,
        withoutHeaders: headers,
        queryParams: fc.record({ q: values }, { requiredKeys: [] }),
        port: fc.constantFrom(80, 81),
        sourceLabels: fc.constant({ app: "web" }),
        sourceNamespace: fc.constantFrom("shop", "other"),
        gateways: fc.constantFrom(["mesh"], ["edge/gw"]),
        sniHosts: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }),
        destinationSubnets: fc.constantFrom(["10.0.0.0/8"], ["10.0.0.1/32", "10.0.0.2/32"]),
    },
    { requiredKeys: [] },
);

describe("requests that are narrowed by a block of conditions", () => {
    it("meet that block, whatever it asks for", () => {
        let possible = 0;
        fc.assert(
            fc.property(fc.constantFrom(...anywhere), block, (place, match) => {
                const found = narrowed(anyRequest(place), match);
                if (!found) return;
                possible++;
                assert.deepEqual(judge(match, found).holds, true, judge(match, found).why);
            }),
            { numRuns: 3_000, seed: 1 },
        );
        assert.ok(possible > 300, `only ${possible} blocks were possible: the test says little`);
    });
    it("have nothing of what the blocks that they meet exclude", () => {
        fc.assert(
            fc.property(fc.constantFrom(...anywhere), block, block, (place, before, after) => {
                const own = [before, after];
                for (const kind of kindsOf(place, [before], [after]))
                    for (const match of own.filter((one) => judge({ ...one, withoutHeaders: {} }, kind).holds))
                        assert.equal(judge(match, kind).holds, isWithout(kind, match), describeKind(kind));
            }),
            { numRuns: 200, seed: 2 },
        );
    });
    it("are none where the two forms of one condition exclude each other, and meet both where they do not", () => {
        const get: Match = { method: { exact: "GET" }, headers: { ":method": { exact: "POST" } } };
        assert.equal(narrowed(anyRequest(review), get), undefined);
        const below: Match = { uri: { prefix: "/a" }, headers: { ":path": { prefix: "/a/b" } } };
        assert.deepEqual(narrowed(anyRequest(review), below)?.uri, [{ prefix: "/a/b" }]);
    });
    it("have no query where the path with its query is one without", () => {
        const path: Match = { headers: { ":path": { exact: "/a" } }, queryParams: { q: { exact: "1" } } };
        assert.equal(narrowed(anyRequest(review), path), undefined);
        const [kind] = kindsOf(review, [{ headers: { ":path": { exact: "/a?q=1" } } }], []).filter(
            (one) => describeKind(one) !== "",
        );
        assert.ok(kind);
        assert.ok(judge({ uri: { exact: "/a" } }, kind).holds);
        assert.ok(!judge({ headers: { ":path": { exact: "/a" } } }, kind).holds);
        assert.ok(judge({ headers: { ":path": { prefix: "/a?" } } }, kind).holds);
    });
});

describe("a rule by what Envoy has as headers", () => {
    const at = (v2: number, more: Split = {}) => world(service({ weights: { v1: 100 - v2, v2 }, ...more }));
    const toV2 = (match: Match): object => ({
        match: [match],
        route: [{ destination: { host: "review", subset: "v2" } }],
    });

    for (const [name, value] of [
        [":method", { exact: "GET" }],
        [":method", { regex: "GET|POST" }],
        [":Method", { exact: "GET" }],
        [":path", { prefix: "/api" }],
        [":path", { exact: "/api" }],
        [":path", { regex: "/api.*" }],
        [":path", { prefix: "/api?debug" }],
        [":scheme", { exact: "http" }],
        [":authority", { exact: "review" }],
        ["Host", { exact: "review" }],
    ] as const)
        it(`moves its users: ${name} ${JSON.stringify(value)}`, () => {
            assert.deepEqual(codes(at(0), at(0, { rules: [toV2({ headers: { [name]: value } })] })), ["raise"]);
            assert.deepEqual(codes(at(0, { rules: [toV2({ headers: { [name]: value } })] }), at(0)), []);
        });
    it("moves those whom it excludes no more", () => {
        const other = {
            match: [{ withoutHeaders: { ":method": { exact: "GET" } } }],
            route: [{ destination: { host: "review", subset: "v1" } }],
        };
        assert.deepEqual(codes(at(0, { rules: [other] }), at(0, { rules: [other], weighted: toAll("v2") })), ["raise"]);
    });
});

const toAll = (subset: string): object => ({ route: [{ destination: { host: "review", subset } }] });
