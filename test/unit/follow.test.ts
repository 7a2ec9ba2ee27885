import * as assert from "node:assert/strict";
import { routesFor } from "../../components/traffic/split/routes";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { explainChain } from "../../rollout/route/explain";
import { follow, type Hop } from "../../rollout/route/follow";
import { resourceState } from "../../rollout/plan/events";
import { worldOf } from "../../rollout/route/worldOf";
import { deployment, world } from "../support/worlds";

const namespace = "shop";
const versions = ["v1", "v2"];
const canaryHeader = { name: "X-group", exact: "test", to: "v2" };
const split = (host: string, v2: number) => ({ host, versions, weights: { v1: 100 - v2, v2 }, canaryHeader });
const object = (kind: string, name: string, spec: object, where = namespace): Placed =>
    placed(kind, { metadata: { name, namespace: where }, spec } as unknown as Body);
const edge = object("VirtualService", "edge", {
    hosts: ["shop.example.com"],
    gateways: ["app-gateway"],
    http: [
        {
            name: "composite",
            match: [{ uri: { prefix: "/product-composite" } }],
            route: [{ destination: { host: "product-composite" } }],
        },
    ],
});
/** Whatever else is served at a gateway, before the system that is asked for. */
const addon = object(
    "VirtualService",
    "tracing",
    {
        hosts: ["tracing.localhost"],
        gateways: ["addons"],
        http: [{ route: [{ destination: { host: "tracing" } }] }],
    },
    "istio-system",
);
const splits = [split("review", 20), split("product", 0)];
const services = ["product-composite", "review", "product"].map((name) =>
    object("Service", name, { selector: { app: name } }),
);
const mesh = world(
    addon,
    edge,
    splits.map((spec) => object("VirtualService", `${spec.host}-vs`, routesFor(spec))),
    splits.map((spec) => object("DestinationRule", `${spec.host}-dr`, subsetsFor(spec))),
    services,
);
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
    it("is told in words, with what a fault answers and where nobody knows the version", () => {
        const faulty = object("VirtualService", "review-vs", {
            hosts: ["review"],
            http: [
                {
                    fault: { abort: { percentage: { value: 50 }, httpStatus: 500 } },
                    route: [{ destination: { host: "review", subset: "v9" } }],
                },
            ],
        });
        const [hop] = follow(world(faulty, services), "review", request());
        assert.equal(
            explainChain(hop ? [hop] : []),
            [
                "a caller in the mesh → review.shop, by VirtualService shop/review-vs",
                "  ✔ rule 1: all requests",
                "  ⇒ 50 % fault 500, 50 % v9 of review.shop (no DestinationRule knows it: 503)",
            ].join("\n"),
        );
        assert.equal(hop?.arrives, false);
    });
    it("meets rules for the labels that the calling service's pods carry", () => {
        const toPro = object("VirtualService", "review-vs", {
            hosts: ["review"],
            http: [
                {
                    name: "pro",
                    match: [{ sourceLabels: { tier: "pro" } }],
                    route: [{ destination: { host: "product" } }],
                },
                { name: "all", route: [{ destination: { host: "review" } }] },
            ],
        });
        const pods = deployment({ name: "product-composite", version: "v1", labels: { tier: "pro" } });
        const [, hop] = follow(world(edge, toPro, services, pods), "review", request());
        assert.equal(hop?.decision.tried.at(-1)?.rule, "pro");
    });
    it("is of the namespace that is named where several have a service of one name", () => {
        const stage = object("Service", "review", {}, "stage");
        const [hop] = follow(world(services, stage), "review.stage", request());
        assert.equal(hop?.decision.host, "review.stage.svc.cluster.local");
    });
    it("goes on once for headers that several versions of the edge send alike", () => {
        const toBoth = object("VirtualService", "edge", {
            hosts: ["shop.example.com"],
            gateways: ["app-gateway"],
            http: [
                {
                    route: ["product", "product-composite"].map((host) => ({ destination: { host }, weight: 50 })),
                },
            ],
        });
        const hops = follow(world(toBoth, services), "review", request());
        assert.deepEqual(
            hops.map(({ at }) => at),
            ["gateway shop/app-gateway", "product"],
        );
    });
    it("is not told where a preview does not know the routes yet", () => {
        // The engine's sign for a value that is not known yet.
        const host = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
        const inputs = {
            metadata: { name: "review-vs", namespace },
            spec: { hosts: ["review"], http: [{ route: [{ destination: { host } }] }] },
        };
        const change = {
            urn: "urn:pulumi:dev::p::kubernetes:networking.istio.io/v1:VirtualService::review-vs",
            type: "kubernetes:networking.istio.io/v1:VirtualService",
            name: "review-vs",
            op: "create",
            new: resourceState({ inputs }),
            replaceKeys: [],
        };
        const [hop] = follow(
            worldOf([change], (one) => one.new),
            "review",
            request(),
        );
        assert.match(
            explainChain(hop ? [hop] : []),
            /⇒ not known: of VirtualService shop\/review-vs, its routes are not known/,
        );
    });
});
