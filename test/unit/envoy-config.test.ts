import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { callerRules, endpointsIn, rulesIn, rulesOf, servingClusters } from "../../components/mesh/proxies/envoyConfig";
import { routesFor } from "../../components/traffic/split/routes";
import { weights } from "../support/weights";

const namespace = "hands-on";
const host = "review.hands-on.svc.cluster.local";
const versions = ["v1", "v2", "v3"];

/** Envoy's route configuration as istiod makes it from a weighted rule, versions without weight left out. */
const routeConfig = (...routes: object[]) => ({
    configs: [
        { route_config: { virtual_hosts: [{ domains: ["other", "other.hands-on.svc.cluster.local"], routes: [] }] } },
        { route_config: { virtual_hosts: [{ domains: ["review", host], routes }] } },
    ],
});
const cluster = (subset: string) => `outbound|80|${subset}|${host}`;
const weighted = (shares: Record<string, number>) => ({
    match: { prefix: "/" },
    route: {
        weighted_clusters: {
            clusters: Object.entries(shares).map(([subset, weight]) => ({ name: cluster(subset), weight })),
        },
    },
});
const single = (subset: string, headers?: object[]) => ({
    match: { prefix: "/", headers },
    route: { cluster: cluster(subset) },
});

describe("what a proxy knows", () => {
    it("equals what was configured once it has the weights", () => {
        fc.assert(
            fc.property(weights(), (given) => {
                const configured = rulesOf(routesFor({ host: "review", versions, weights: given }), namespace);
                const shares = Object.entries(given).filter(([, weight]) => weight > 0);
                const [only] = shares.length === 1 ? shares : [];
                const has = only ? single(only[0]) : weighted(Object.fromEntries(shares));
                assert.deepEqual(rulesIn(routeConfig(has), host), [configured]);
            }),
        );
    });
    it("differs while it has other weights", () => {
        const configured = rulesOf(routesFor({ host: "review", versions, weights: { v1: 80, v2: 20 } }), namespace);
        assert.notDeepEqual(rulesIn(routeConfig(weighted({ v1: 79, v2: 21 })), host), [configured]);
        assert.notDeepEqual(rulesIn(routeConfig(single("v1")), host), [configured]);
    });
    it("tells a header's value apart, and how it is compared", () => {
        const spec = routesFor({
            host: "review",
            versions,
            weights: { v1: 100 },
            canaryHeader: { name: "X-group", exact: "test", to: "v2" },
        });
        const rule = (value: object) => [single("v2", [{ name: "x-group", string_match: value }]), single("v1")];
        assert.deepEqual(rulesIn(routeConfig(...rule({ exact: "test" })), host), [rulesOf(spec, namespace)]);
        assert.notDeepEqual(rulesIn(routeConfig(...rule({ exact: "beta" })), host), [rulesOf(spec, namespace)]);
        assert.notDeepEqual(rulesIn(routeConfig(...rule({ prefix: "test" })), host), [rulesOf(spec, namespace)]);
        assert.notDeepEqual(rulesIn(routeConfig(single("v1")), host), [rulesOf(spec, namespace)]);
    });
    it("leaves out the rules that only some callers have, and compares a copy's destination", () => {
        const spec = routesFor({
            host: "review",
            versions,
            weights: { v1: 100 },
            routing: {
                mirror: { to: "v2" },
                canaryMatch: { to: "v3", any: [{ sourceLabels: { app: "tester" } }] },
            },
        });
        assert.deepEqual(callerRules(spec), ["canary-match"]);
        assert.deepEqual(rulesOf(spec, namespace), ["v1@review.hands-on:100 copy to v2@review.hands-on"]);
        const plain = {
            ...single("v1"),
            route: { ...single("v1").route, request_mirror_policies: [{ cluster: cluster("v2") }] },
        };
        const dump = routeConfig({ ...single("v3"), name: "canary-match" }, plain);
        assert.deepEqual(rulesIn(dump, host, callerRules(spec)), [rulesOf(spec, namespace)]);
    });
    it("has no copies by a mirror of 0 %, of which Istio tells no proxy", () => {
        const routing = { mirror: { to: "v2", percent: 0 } };
        const spec = routesFor({ hosts: ["review"], host: "review", versions, weights: { v1: 100 }, routing });
        assert.deepEqual(rulesOf(spec, namespace), rulesIn(routeConfig(single("v1")), host)[0]);
        assert.deepEqual(
            servingClusters(spec, namespace).map(({ subset }) => subset),
            ["v1"],
        );
    });
    it("is nothing for a host that it never calls", () => {
        assert.deepEqual(rulesIn(routeConfig(single("v1")), "product.hands-on.svc.cluster.local"), []);
        assert.deepEqual(rulesIn({}, host), []);
    });
    it("counts the healthy endpoints of each subset", () => {
        const endpoint = (health: string) => ({ health_status: { eds_health_status: health } });
        const clusters = {
            cluster_statuses: [
                {
                    name: cluster("v1"),
                    host_statuses: [endpoint("HEALTHY"), endpoint("UNHEALTHY"), endpoint("DRAINING")],
                },
                { name: cluster("v2") },
                { name: cluster(""), host_statuses: [endpoint("HEALTHY")] },
                { name: "outbound|80|v3|product.hands-on.svc.cluster.local", host_statuses: [endpoint("HEALTHY")] },
            ],
        };
        assert.deepEqual(
            [...endpointsIn(clusters, host)],
            [
                ["v1", 1],
                ["v2", 0],
                ["", 1],
            ],
        );
    });
    it("must hold every version that requests can reach, by weight or by header", () => {
        const spec = {
            host: "review",
            versions,
            weights: { v1: 100 },
            canaryHeader: { name: "a", exact: "b", to: "v3" },
        };
        assert.deepEqual(
            servingClusters(routesFor(spec), namespace)
                .map(({ subset }) => subset)
                .sort(),
            ["v1", "v3"],
        );
        const copied = routesFor({ ...spec, routing: { mirror: { to: "v2" } } });
        assert.equal(servingClusters(copied, namespace).length, 3);
    });
});
