import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Match, Rule, VirtualService } from "../../components/traffic/world/istio";
import { judge } from "../../components/traffic/effect/matching";
import { askedName, fit } from "../../components/traffic/world/meshHosts";
import type { Mesh } from "../../components/traffic/effect/outcome";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { decide } from "../../components/traffic/effect/decide";
import { weights } from "../support/weights";

const caller = { namespace: "shop", labels: { app: "composite" } };
const asked = (headers: Record<string, string> = {}, path = "/review?productId=1") => ({
    host: "review",
    path,
    headers,
});
const named = (name: string, hosts: string[], http: Rule[], gateways?: string[]): VirtualService => ({
    metadata: { name, namespace: "shop" },
    spec: { hosts, http, gateways },
});
const toSubset = (subset: string): Rule => ({ name: subset, route: [{ destination: { host: "review", subset } }] });
const meshOf = (...virtualServices: VirtualService[]): Mesh => ({
    virtualServices,
    destinationRules: [
        {
            metadata: { name: "review", namespace: "shop" },
            spec: subsetsFor({ host: "review", versions: ["v1", "v2", "v3"] }),
        },
    ],
    services: ["review.shop.svc.cluster.local"],
});
const servedBy = (mesh: Mesh, headers?: Record<string, string>, path?: string) => {
    const { outcome } = decide(mesh, caller, asked(headers, path));
    return outcome.kind === "shares" ? outcome.shares.map((share) => share.subset) : outcome.kind;
};

describe("the evaluation of routes", () => {
    it("gives each version its weight, and testers the canary's version", () => {
        fc.assert(
            fc.property(weights(), (given) => {
                const canaryHeader = { name: "X-group", exact: "test", to: "v3" };
                const spec = routesFor({ host: "review", versions: ["v1", "v2", "v3"], weights: given, canaryHeader });
                const mesh = meshOf(named("review-vs", ["review"], spec.http ?? []));
                const { outcome } = decide(mesh, caller, asked());
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
        const { outcome } = decide(mesh, caller, asked());
        assert.equal(outcome.kind === "answer" && outcome.status, 404);
    });
    it("reaches all pods where the host has no rules for this caller", () => {
        const foreign = { ...toSubset("v2"), match: [{ sourceLabels: { app: "other" } }] };
        assert.deepEqual(servedBy(meshOf()), [undefined]);
        assert.deepEqual(servedBy(meshOf(named("review-vs", ["review"], [foreign]))), [undefined]);
    });
    it("says that a version which no DestinationRule knows is missing", () => {
        const { outcome } = decide(meshOf(named("review-vs", ["review"], [toSubset("v9")])), caller, asked());
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
        const { outcome, by } = decide(meshOf(first, second), edge, asked());
        assert.deepEqual(by, ["shop/first", "shop/second"]);
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
        const { outcome } = decide(
            meshOf(named("r", ["review"], [chained])),
            caller,
            asked({ "X-Secret": "s", a: "b" }),
        );
        assert.equal(outcome.kind, "shares");
        const [share] = outcome.shares;
        assert.deepEqual([share?.headers, share?.path], [{ a: "b", "x-chain": "v2" }, "/v2/review?productId=1"]);
    });
});

describe("conditions of a match", () => {
    const holds = (match: Match, headers: Record<string, string> = {}, path = "/a/b?q=1"): boolean =>
        judge(match, asked(headers, path), caller).holds;

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
            assert.equal(askedName(host, "shop", services), services[0]);
        assert.equal(askedName("example.org", "shop", services), "example.org");
    });
});
