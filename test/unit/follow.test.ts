import * as assert from "node:assert/strict";
import type { VirtualService } from "../../components/traffic/world/istio";
import type { Mesh } from "../../components/traffic/effect/outcome";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { explainChain } from "../../rollout/route/explain";
import { follow, type Hop } from "../../rollout/route/follow";

const namespace = "shop";
const versions = ["v1", "v2"];
const canaryHeader = { name: "X-group", exact: "test", to: "v2" };
const split = (host: string, v2: number) => ({ host, versions, weights: { v1: 100 - v2, v2 }, canaryHeader });
const edge: VirtualService = {
    metadata: { name: "edge", namespace },
    spec: {
        hosts: ["shop.example.com"],
        gateways: ["app-gateway"],
        http: [
            {
                name: "composite",
                match: [{ uri: { prefix: "/product-composite" } }],
                route: [{ destination: { host: "product-composite" } }],
            },
        ],
    },
};
/** Whatever else is served at a gateway, before the system that is asked for. */
const addon: VirtualService = {
    metadata: { name: "tracing", namespace: "istio-system" },
    spec: {
        hosts: ["tracing.localhost"],
        gateways: ["addons"],
        http: [{ route: [{ destination: { host: "tracing" } }] }],
    },
};
const mesh: Mesh = {
    virtualServices: [
        addon,
        edge,
        ...[split("review", 20), split("product", 0)].map((spec) => ({
            metadata: { name: `${spec.host}-vs`, namespace },
            spec: routesFor(spec),
        })),
    ],
    destinationRules: [split("review", 20), split("product", 0)].map((spec) => ({
        metadata: { name: `${spec.host}-dr`, namespace },
        spec: subsetsFor(spec),
    })),
    services: ["product-composite", "review", "product"].map((name) => `${name}.shop.svc.cluster.local`),
};
const request = (headers: Record<string, string> = {}) => ({
    path: "/",
    enter: "/product-composite/1",
    method: "GET",
    headers,
});
const ways = (hops: readonly Hop[]) =>
    hops.map(({ at, decision: { host, outcome } }) => [
        at,
        host.split(".")[0],
        outcome.kind === "shares" ? outcome.shares.map(({ subset, percent }) => `${subset ?? "any"} ${percent}`) : [],
    ]);

describe("the way of a request, hop by hop", () => {
    it("goes from the gateway by the service between to the one asked for, with the tester's header", () => {
        assert.deepEqual(ways(follow(mesh, "review", request({ "x-group": "test" }))), [
            ["gateway shop/app-gateway", "shop", ["any 100"]],
            ["product-composite", "review", ["v2 100"]],
        ]);
    });
    it("goes on from the gateway's own service to all that it may call, each by its own routes", () => {
        const hops = follow(mesh, "product-composite", request());
        assert.deepEqual(ways(hops), [
            ["gateway shop/app-gateway", "shop", ["any 100"]],
            ["product-composite", "product", ["v1 100"]],
            ["product-composite", "review", ["v1 80", "v2 20"]],
        ]);
        assert.match(explainChain(hops), /product-composite → review\.shop, by VirtualService shop\/review-vs/);
    });
    it("takes the header along to every one of them", () => {
        const [, ...onward] = ways(follow(mesh, "product-composite", request({ "X-Group": "test" })));
        assert.deepEqual(
            onward.map(([, , shares]) => shares),
            [["v2 100"], ["v2 100"]],
        );
    });
    it("is as from a caller in the mesh where the gateway does not take the path", () => {
        const hops = follow(mesh, "review", { ...request(), enter: "/elsewhere" });
        assert.deepEqual(
            hops.map(({ arrives }) => arrives),
            [true],
        );
    });
});
