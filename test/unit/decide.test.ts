import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { decide } from "../../components/traffic/effect/decide";
import { judge, kindOf } from "../../components/traffic/effect/matching";
import { type Met, metBy } from "../../components/traffic/effect/ways";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { askedName, fit } from "../../components/traffic/world/hosts";
import type { Match, Rule } from "../../components/traffic/world/istio";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { weights } from "../support/weights";
import { world } from "../support/worlds";

const caller = { namespace: "shop", labels: { app: "composite" } };
const asked = (headers: Record<string, string> = {}, path = "/review?productId=1") => ({
    host: "review",
    path,
    headers,
});
const named = (name: string, hosts: string[], http: Rule[], gateways?: string[], more: object = {}): Placed =>
    placed("VirtualService", {
        metadata: { name, namespace: "shop" },
        spec: { hosts, http, ...(gateways && { gateways }), ...more },
    } as unknown as Body);
const toSubset = (subset: string): Rule => ({ name: subset, route: [{ destination: { host: "review", subset } }] });
const subsets = placed("DestinationRule", {
    metadata: { name: "review", namespace: "shop" },
    spec: subsetsFor({ host: "review", versions: ["v1", "v2", "v3"] }),
} as unknown as Body);
const service = placed("Service", { metadata: { name: "review", namespace: "shop" } });
const meshOf = (...virtualServices: Placed[]): World => world(virtualServices, subsets, service);
const met = (mesh: World, from: Parameters<typeof decide>[1], request: Parameters<typeof decide>[2]): Met =>
    metBy(mesh, decide(mesh, from, request), from, request);
const servedBy = (mesh: World, headers?: Record<string, string>, path?: string, from = caller) => {
    const outcome = met(mesh, from, asked(headers, path));
    return outcome.kind === "shares" ? outcome.shares.map((share) => share.subset) : outcome.kind;
};
/** The first way of a request that one rule takes. */
const wayBy = (rule: Partial<Rule>, path: string, headers: Record<string, string> = {}) => {
    const outcome = met(meshOf(named("r", ["review"], [{ ...toSubset("v2"), ...rule }])), caller, asked(headers, path));
    assert.equal(outcome.kind, "shares");
    return outcome.shares[0];
};

describe("the evaluation of routes", () => {
    it("gives each version its weight, and testers the canary's version", () => {
        fc.assert(
            fc.property(weights(), (given) => {
                const canaryHeader = { name: "X-group", exact: "test", to: "v3" };
                const spec = routesFor({ host: "review", versions: ["v1", "v2", "v3"], weights: given, canaryHeader });
                const mesh = meshOf(named("review-vs", ["review"], spec.http ?? []));
                const outcome = met(mesh, caller, asked());
                assert.equal(outcome.kind, "shares");
                const shares = outcome.shares.map(({ subset, percent }) => [subset, percent]);
                assert.deepEqual(
                    shares,
                    Object.entries(given).filter(([, weight]) => weight > 0),
                );
                assert.deepEqual(servedBy(mesh, { "x-Group": "test" }), ["v3"]);
            }),
        );
    });
    it("takes the first rule that matches, and says why not the ones before it", () => {
        const mesh = meshOf(
            named(
                "review-vs",
                ["review"],
                [
                    { ...toSubset("v3"), match: [{ headers: { "x-group": { exact: "test" } } }] },
                    { ...toSubset("v2"), match: [{ uri: { prefix: "/rev" }, method: { exact: "GET" } }] },
                    toSubset("v1"),
                ],
            ),
        );
        assert.deepEqual(decide(mesh, caller, asked({ "x-group": "prod" })).tried, [
            { rule: "v3", matches: false, why: "needs x-group: test; the request has prod" },
            { rule: "v2", matches: true, why: "path: /rev…, method: GET" },
        ]);
    });
    it("answers 404 where no rule matches and there is none for all requests", () => {
        const mesh = meshOf(named("review-vs", ["review"], [{ ...toSubset("v1"), match: [{ uri: { exact: "/a" } }] }]));
        const outcome = met(mesh, caller, asked());
        assert.equal(outcome.kind === "answer" && outcome.status, 404);
    });
    it("reaches all pods where the host has no rules for this caller", () => {
        const foreign = { ...toSubset("v2"), match: [{ sourceLabels: { app: "other" } }] };
        assert.deepEqual(servedBy(meshOf()), [undefined]);
        assert.deepEqual(servedBy(meshOf(named("review-vs", ["review"], [foreign]))), [undefined]);
    });
    it("says that a version which no DestinationRule knows is missing", () => {
        const outcome = met(meshOf(named("review-vs", ["review"], [toSubset("v9")])), caller, asked());
        assert.equal(outcome.kind === "shares" && outcome.shares[0]?.missing, true);
    });
    it("prefers the host itself to a wildcard, and a longer wildcard to a shorter one", () => {
        const all = named("all", ["*"], [toSubset("v1")]);
        const shop = named("shop", ["*.shop.svc.cluster.local"], [toSubset("v2")]);
        const own = named("own", ["review.shop.svc.cluster.local"], [toSubset("v3")]);
        assert.deepEqual(servedBy(meshOf(all, shop, own)), ["v3"]);
        assert.deepEqual(servedBy(meshOf(all, shop)), ["v2"]);
        assert.equal(fit("*.shop", "shop"), undefined);
    });
    it("leaves a gateway's VirtualServices out for sidecars, and takes all of them together at the gateway", () => {
        const edge = { ...caller, gateway: "shop/gw" };
        const first = named("first", ["review"], [toSubset("v1")], ["gw"]);
        const second = named(
            "second",
            ["review"],
            [{ ...toSubset("v2"), match: [{ uri: { prefix: "/review" } }] }],
            ["shop/gw"],
        );
        const outcome = met(meshOf(first, second), edge, asked());
        assert.deepEqual(decide(meshOf(first, second), edge, asked()).by, ["shop/first", "shop/second"]);
        assert.equal(outcome.kind === "shares" && outcome.shares[0]?.subset, "v2");
        assert.deepEqual(servedBy(meshOf(first, second)), [undefined]);
    });
    it("tells with which headers and path requests arrive", () => {
        const chained = {
            ...toSubset("v2"),
            match: [{ uri: { prefix: "/review" } }],
            rewrite: { uri: "/v2/review" },
            headers: { request: { set: { "X-Chain": "v2" }, remove: ["x-secret"] } },
        };
        const share = wayBy(chained, "/review?productId=1", { "X-Secret": "s", a: "b" });
        assert.deepEqual([share?.headers, share?.path], [{ a: "b", "x-chain": "v2" }, "/v2/review?productId=1"]);
    });
    it("lets a request pass whose host nobody in the mesh has", () => {
        assert.equal(met(world(), caller, { host: "example.org", path: "/", headers: {} }).kind, "passes");
    });
    it("says nothing of a host whose routes can't be read", () => {
        const hidden = { ...toSubset("v2"), route: [{ destination: { host: "review", subset: "v2" }, weight: "90" }] };
        const outcome = met(meshOf(named("r", ["review"], [hidden as unknown as Rule])), caller, asked());
        assert.equal(
            outcome.kind === "unknown" && outcome.why,
            'of VirtualService shop/r, the weight of v2 is the text "90", and must be a number',
        );
    });
    it("tells what part of the requests a fault answers", () => {
        const fault = { abort: { percentage: { value: 40 }, httpStatus: 500 } };
        const outcome = met(meshOf(named("r", ["review"], [{ ...toSubset("v2"), fault }])), caller, asked());
        assert.deepEqual(outcome.kind === "shares" && outcome.faults, [{ why: "fault 500", percent: 40 }]);
    });
});

describe("several VirtualServices for one host", () => {
    const edge = { ...caller, gateway: "shop/gw" };
    const atGateway = (...lists: Rule[][]): World =>
        meshOf(...lists.map((http, index) => named(`vs-${index}`, ["review"], http, ["gw"])));
    const served = (mesh: World, path: string) => servedBy(mesh, {}, path, edge);

    it("are at a gateway one list of conditions, those for every request last", () => {
        // One rule of two blocks is two routes to istiod: only the one for every request moves behind /a of the other.
        const both = { ...toSubset("v1"), match: [{ uri: { exact: "/a" } }, { uri: { prefix: "/" } }] };
        const mesh = atGateway(
            [both],
            [{ ...toSubset("v2"), match: [{ uri: { prefix: "/" }, method: { exact: "GET" } }] }],
        );
        assert.deepEqual(served(mesh, "/a"), ["v1"]);
        assert.deepEqual(served(mesh, "/b"), ["v2"]);
    });
    it("are tried last also where a rule names its gateway, which is no condition to Envoy", () => {
        const own = { ...toSubset("v1"), match: [{ gateways: ["gw"] }] };
        const mesh = atGateway([own], [{ ...toSubset("v2"), match: [{ uri: { exact: "/a" } }] }]);
        assert.deepEqual(served(mesh, "/a"), ["v2"]);
        assert.deepEqual(served(mesh, "/b"), ["v1"]);
    });
    it("have no rules behind their own one for every request", () => {
        const dead = { ...toSubset("v3"), match: [{ uri: { exact: "/a" } }] };
        const mesh = atGateway([toSubset("v1"), dead], [{ ...toSubset("v2"), match: [{ uri: { exact: "/b" } }] }]);
        assert.deepEqual(served(mesh, "/a"), ["v1"]);
    });
    it("keep a regular expression for every path in its place where it is not Istio's `.*`", () => {
        const mesh = atGateway(
            [{ ...toSubset("v1"), match: [{ uri: { regex: "^.*$" } }] }],
            [{ ...toSubset("v2"), match: [{ uri: { exact: "/a" } }] }],
        );
        assert.deepEqual(served(mesh, "/a"), ["v1"]);
    });
    it("are for a sidecar the one of its own namespace, before those that reach further", () => {
        const all = named("all", ["review"], [toSubset("v1")]);
        const own = named("own", ["review"], [toSubset("v2")], undefined, { exportTo: ["."] });
        const some = named("some", ["review"], [toSubset("v3")], undefined, { exportTo: ["test"] });
        assert.deepEqual(servedBy(meshOf(all, own)), ["v2"]);
        const tester = { ...caller, namespace: "test" };
        const request = { ...asked(), host: "review.shop" };
        const outcome = met(meshOf(all, own, some), tester, request);
        assert.equal(outcome.kind === "shares" && outcome.shares[0]?.subset, "v3");
    });
});

describe("whom a VirtualService is for", () => {
    const from = (namespace: string, exportTo: string[]) => {
        const mesh = meshOf(named("r", ["review"], [toSubset("v2")], undefined, { exportTo }));
        const outcome = met(mesh, { ...caller, namespace }, { ...asked(), host: "review.shop" });
        return outcome.kind === "shares" && outcome.shares[0]?.subset;
    };
    it("is its own namespace where it says `.`, a namespace that it names, and nobody with `~`", () => {
        assert.equal(from("shop", ["."]), "v2");
        assert.equal(from("other", ["."]), undefined);
        assert.equal(from("other", ["other"]), "v2");
        assert.equal(from("shop", ["other"]), undefined);
        assert.equal(from("shop", ["~"]), undefined);
        assert.equal(from("other", [".", "*"]), "v2");
    });
    it("is the gateway of a match also by its short name, which is of the VirtualService's namespace", () => {
        const rule = (gateway: string): Rule => ({ ...toSubset("v2"), match: [{ gateways: [gateway] }] });
        const at = (gateway: string, entry: string) => {
            const mesh = meshOf(named("r", ["review"], [rule(gateway), toSubset("v1")], ["shop/gw", "edge/gw"]));
            return servedBy(mesh, {}, "/", { ...caller, gateway: entry } as typeof caller);
        };
        for (const gateway of ["gw", "./gw", "shop/gw", "gw.shop", "gw.shop.svc.cluster.local"]) {
            assert.deepEqual(at(gateway, "shop/gw"), ["v2"], gateway);
            assert.deepEqual(at(gateway, "edge/gw"), ["v1"], gateway);
        }
    });
    it("is one port of the Service: that of the request, else what its host says, else 80", () => {
        const mesh = meshOf(named("r", ["review"], [{ ...toSubset("v2"), match: [{ port: 8080 }] }, toSubset("v1")]));
        const at = (request: object) => {
            const outcome = met(mesh, caller, { ...asked(), ...request });
            return outcome.kind === "shares" && outcome.shares[0]?.subset;
        };
        assert.equal(at({}), "v1");
        assert.equal(at({ port: 8080 }), "v2");
        assert.equal(at({ host: "review:8080" }), "v2");
    });
});

describe("a rewritten path", () => {
    const becomes = (path: string, rewrite: Rule["rewrite"], uri?: object, more: object = {}) =>
        wayBy({ rewrite, ...(uri && { match: [{ uri, ...more }] }) }, path)?.path;

    it("has another beginning where a prefix was matched, and its query", () => {
        assert.equal(becomes("/a/b?q=1", { uri: "/x" }, { prefix: "/a" }), "/x/b?q=1");
        assert.equal(becomes("/A/b", { uri: "/x" }, { prefix: "/a" }, { ignoreUriCase: true }), "/x/b");
    });
    it("is another one where all of it was matched, exactly or by a regular expression", () => {
        assert.equal(becomes("/a?q=1", { uri: "/x" }, { exact: "/a" }), "/x?q=1");
        assert.equal(becomes("/a/b/c?q=1", { uri: "/x" }, { regex: "/a/.*" }), "/x?q=1");
    });
    it("has another first slash where no path was asked for, as Envoy matches the prefix / then", () => {
        assert.equal(becomes("/a/b", { uri: "/x" }), "/xa/b");
        assert.equal(becomes("/a/b", { uri: "/x/" }), "/x/a/b");
    });
    it("follows the block of conditions that took the request, not one that only fits its path", () => {
        const match = [
            { uri: { prefix: "/a" }, headers: { "x-group": { exact: "test" } } },
            { uri: { prefix: "/a/b" } },
        ];
        assert.equal(wayBy({ match, rewrite: { uri: "/x" } }, "/a/b/c")?.path, "/x/c");
        assert.equal(wayBy({ match, rewrite: { uri: "/x" } }, "/a/b/c", { "x-group": "test" })?.path, "/x/b/c");
    });
    it("is changed by a regular expression in RE2's language, everywhere it is found, with what its groups found", () => {
        const by = (match: string, rewrite: string) => ({ uriRegexRewrite: { match, rewrite } });
        assert.equal(becomes("/a/1/b/2?q=/3", by("/(\\d)", "/n\\1"), { prefix: "/" }), "/a/n1/b/n2?q=/3");
        assert.equal(becomes("/service/a/b", by("^/service/([^/]+)(/.*)$", "\\2/\\1")), "/b/a");
        assert.equal(becomes("/a", by(".*", "<\\0>")), "</a>");
        assert.equal(becomes("/a", by("a", "$1\\\\")), "/$1\\");
        assert.equal(becomes("/a", { uri: "/x", ...by("a", "b") }), "/b", "it counts before the uri");
    });
});

describe("the headers with which a request goes on", () => {
    const rule = { set: { "x-a": "rule" }, add: { "x-b": "rule" } };
    const own = { set: { "x-a": "own" }, add: { "x-b": "own" } };
    const sent = (operations: object, to: object | undefined, others: object[], headers: Record<string, string> = {}) =>
        wayBy(
            {
                headers: { request: operations },
                route: [
                    { destination: { host: "review" }, weight: 1, headers: { request: to } },
                    ...others,
                ] as Rule["route"],
            },
            "/",
            headers,
        )?.headers;

    it("are removed, then set, then added to", () => {
        const operations = { remove: ["X-A", "host"], set: { "x-a": "set" }, add: { "X-A": "more", "x-c": "new" } };
        assert.deepEqual(sent(operations, undefined, [], { "x-a": "came", "x-c": "came" }), {
            "x-a": "set,more",
            "x-c": "came,new",
        });
    });
    it("are last what the only destination sets, and of several destinations what the rule sets", () => {
        assert.deepEqual(sent(rule, own, []), { "x-a": "own", "x-b": "rule,own" });
        const other = { destination: { host: "review", subset: "v2" }, weight: 1 };
        assert.deepEqual(sent(rule, own, [other]), { "x-a": "rule", "x-b": "own,rule" });
    });
    it("have no host, which is rewritten in another way", () => {
        assert.deepEqual(sent({ set: { Host: "other", ":authority": "other" } }, undefined, []), {});
    });
});

describe("conditions of a match", () => {
    const holds = (match: Match, headers: Record<string, string> = {}, path = "/a/b?q=1"): boolean =>
        judge(match, kindOf(asked(headers, path), caller)).holds;

    it("must all hold", () => {
        const both: Match = { uri: { prefix: "/a" }, headers: { "X-Group": { exact: "test" } } };
        assert.ok(holds(both, { "x-group": "test" }));
        assert.ok(!holds(both, { "x-group": "test" }, "/b"));
        assert.ok(!holds(both, { "x-group": "prod" }));
    });
    it("compare regular expressions with the whole value, in RE2's language", () => {
        assert.ok(holds({ headers: { a: { regex: "(?i)te" } } }, { a: "TE" }));
        assert.ok(!holds({ headers: { a: { regex: "te" } } }, { a: "test" }));
    });
    it("compare a path without its query, and with any case where asked", () => {
        assert.ok(holds({ uri: { exact: "/a/b" } }));
        assert.ok(holds({ uri: { exact: "/A/B" }, ignoreUriCase: true }));
        assert.ok(!holds({ uri: { exact: "/A/B" } }));
        assert.ok(holds({ queryParams: { q: { exact: "1" } } }));
    });
    it("take a missing header for an empty one where it must not be there", () => {
        assert.ok(!holds({ withoutHeaders: { a: { regex: ".*" } } }));
        assert.ok(holds({ withoutHeaders: { a: { exact: "x" } } }));
        assert.ok(holds({ withoutHeaders: { a: {} } }));
        assert.ok(!holds({ withoutHeaders: { a: {} } }, { A: "" }));
    });
    it("ignore source labels where gateways are named, as istiod does", () => {
        assert.ok(holds({ gateways: ["mesh"], sourceLabels: { app: "other" } }));
        assert.ok(!holds({ sourceLabels: { app: "other" } }));
        assert.ok(!holds({ gateways: ["shop/gw"] }));
    });
});

describe("the host that is asked for", () => {
    it("is a service by its short forms, with any case and with a port", () => {
        const services = ["review.shop.svc.cluster.local"];
        for (const host of ["review", "review.shop", "Review.shop.svc:80", "review.shop.svc.cluster.local"])
            assert.equal(
                askedName(host, "shop", (name) => services.includes(name)),
                services[0],
            );
        assert.equal(
            askedName("example.org", "shop", () => false),
            "example.org",
        );
    });
});
