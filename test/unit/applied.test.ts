import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { fullHost, serviceOf, trafficIn } from "../../components/traffic/judge/applied";
import { appliedIn } from "../../components/traffic/judge/appliedIn";
import { chainDestinations } from "../../components/traffic/split/chain";
import type { HttpRoute } from "../../components/traffic/world/istio";
import { routesFor } from "../../components/traffic/split/routes";
import { Strategy } from "../../components/traffic/split/strategy";
import { weights } from "../support/weights";

const versions = ["v1", "v2", "v3"];
const canaryHeader = { name: "X-group", exact: "test", to: "v2" };
const to = (subset: string, weight?: unknown): HttpRoute["route"][number] =>
    ({
        destination: { host: "review", subset },
        ...(weight === undefined ? {} : { weight }),
    }) as HttpRoute["route"][number];
const spec = (...http: Partial<HttpRoute>[]): unknown => ({ hosts: ["review"], http });
const messagesOf = (given: unknown): string[] => trafficIn(given).findings.map(({ message }) => message);

describe("trafficIn", () => {
    it("gives back the weights and the header that routes were made of", () => {
        fc.assert(
            fc.property(weights(), fc.boolean(), (given, withHeader) => {
                const made = routesFor({
                    host: "review",
                    versions,
                    weights: given,
                    ...(withHeader ? { canaryHeader } : {}),
                });
                assert.deepEqual(trafficIn(made), {
                    traffic: { service: "review", weights: given, reachableByHeader: withHeader ? ["v2"] : [] },
                    findings: [],
                });
            }),
        );
    });
    it("refuses a percentage that is text, with its version", () => {
        assert.deepEqual(messagesOf(spec({ route: [to("v1", "10"), to("v2", "90")] })), [
            'review: the weight of v1 is the text "10", and must be a number',
            'review: the weight of v2 is the text "90", and must be a number',
        ]);
    });
    it("refuses weights that are fractions, negative or beyond 100", () => {
        for (const weight of [0.5, -1, 101, NaN])
            assert.match(messagesOf(spec({ route: [to("v1", weight)] })).join(), /must be a whole number/);
    });
    it("refuses what is not known at preview: routes, a rule, a weight", () => {
        const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
        for (const given of [undefined, unknown, spec(unknown as never), { hosts: ["review"], http: unknown }])
            assert.match(messagesOf(given).join(), /not known|no known/);
        assert.match(
            messagesOf(spec({ route: [to("v1", unknown), to("v2", 10)] })).join(),
            /v1 is not known at preview/,
        );
    });
    it("takes a single destination without weight for all requests", () => {
        assert.deepEqual(trafficIn(spec({ route: [to("v2")] })).traffic?.weights, { v2: 100 });
    });
    it("counts a rule that asks for a path alone as open to everybody", () => {
        const given = spec(
            { match: [{ uri: { prefix: "/reviews" } }], route: [to("v2")] },
            { route: [to("v1", 100), to("v2", 0)] },
        );
        assert.deepEqual(trafficIn(given).traffic, {
            service: "review",
            weights: { v2: 100, v1: 100 },
            reachableByHeader: [],
        });
    });
    it("leaves out what stands below a rule for everybody: it never serves", () => {
        const below = { route: [to("v1", 100), to("v2", 0)] };
        const given = spec({ match: [{ uri: { prefix: "/" } }], route: [to("v2")] }, below);
        assert.deepEqual(trafficIn(given).traffic?.weights, { v2: 100 });
        assert.deepEqual(trafficIn(spec({ route: [to("v1")] }, { route: [to("v2")] })).traffic?.weights, { v1: 100 });
    });
    it("names versions by the release that the edge gives, and by namespace where that alone differs", () => {
        const edge = chainDestinations({ host: "product-composite" }, ["v1", "v2"], { v1: 80, v2: 20 });
        assert.deepEqual(trafficIn(spec({ route: edge })).traffic?.weights, { v1: 80, v2: 20 });
        const strategy = Strategy.Namespaces;
        const made = routesFor({
            host: "app",
            versions: ["prod", "stage"],
            weights: { prod: 70, stage: 30 },
            strategy,
        });
        assert.deepEqual(trafficIn(made, "app", "prod").traffic?.weights, { prod: 70, stage: 30 });
        const alone = routesFor({ host: "app", versions: ["prod"], weights: { prod: 100 }, strategy });
        assert.deepEqual(trafficIn(alone, "app", "edge").traffic?.weights, { prod: 100 });
    });
    it("counts a rule with several conditions as open when one of them asks for no header", () => {
        const match = [{ headers: { "x-group": { exact: "test" } } }, { uri: { prefix: "/" } }];
        const { traffic } = trafficIn(spec({ match, route: [to("v2")] }, { route: [to("v1")] }));
        assert.equal(traffic?.weights.v2, 100);
        assert.deepEqual(traffic?.reachableByHeader, ["v2"]);
    });
});

describe("appliedIn", () => {
    const made = routesFor({ host: "review", versions, weights: { v1: 100 } });
    const hosts = new Map([[fullHost(made, "shop"), { service: "review" }]]);
    const seen = { kind: "VirtualService", namespace: "shop", name: "review-vs", spec: made };
    const service = { kind: "Service", namespace: "shop", name: "review", spec: { selector: { app: "review" } } };
    const deployment = (version: string, replicas: number) => ({
        kind: "Deployment",
        namespace: "shop",
        name: `review-${version}`,
        spec: { replicas, template: { metadata: { labels: { app: "review", version } } } },
    });
    it("finds a service's routes by host, whatever the VirtualService is called and however the host is written", () => {
        const long = { ...made, hosts: ["review.shop.svc.cluster.local"] };
        const elsewhere = { kind: "VirtualService", namespace: "other", name: "routes", spec: long };
        assert.equal(appliedIn(hosts, { cluster: [seen, elsewhere] }).applied.length, 2);
    });
    it("leaves out other hosts, other namespaces' services of the same name, and other kinds", () => {
        const others = [
            { ...seen, namespace: "other" },
            { ...seen, kind: "DestinationRule" },
            { ...seen, spec: { ...made, hosts: ["*"] } },
            { ...seen, spec: undefined },
        ];
        assert.deepEqual(appliedIn(hosts, { state: others }), { applied: [], findings: [] });
    });
    it("hands on why routes can't be read", () => {
        const text = { ...seen, spec: spec({ route: [to("v1", "100")] }) };
        assert.equal(appliedIn(hosts, { state: [text] }).findings.length, 1);
    });
    it("takes the shares of a service without routes from its pods, as each place has them", () => {
        const pods = (v1: number, v2: number) => [service, deployment("v1", v1), deployment("v2", v2)];
        const { applied } = appliedIn(hosts, { state: pods(3, 1), cluster: pods(4, 0) });
        assert.deepEqual(
            applied.map(({ readFrom, weights }) => [readFrom, weights]),
            [
                ["state", { v1: 75, v2: 25 }],
                ["cluster", { v1: 100, v2: 0 }],
            ],
        );
        // Where one place has routes, pods say nothing of shares.
        assert.deepEqual(
            appliedIn(hosts, { state: [...pods(1, 1), seen], cluster: pods(1, 1) }).applied.map(
                ({ weights }) => weights,
            ),
            [{ v1: 100, v2: 0, v3: 0 }],
        );
    });
    it("reads of an edge what it decides for its chain, and nothing where it leaves that to the services", () => {
        const edge = new Map([["shop.test", { service: "shop", isChain: true }]]);
        const open = {
            name: "auth",
            match: [{ uri: { prefix: "/oauth/" } }],
            route: [{ destination: { host: "auth" } }],
        };
        const decided = chainDestinations({ host: "composite" }, ["v1", "v2"], { v1: 80, v2: 20 });
        const routes = (route: HttpRoute["route"]) => ({
            ...seen,
            spec: { hosts: ["shop.test"], http: [open, { route }] },
        });
        assert.deepEqual(appliedIn(edge, { state: [routes(decided)] }).applied[0]?.weights, { v1: 80, v2: 20 });
        assert.deepEqual(appliedIn(edge, { state: [routes([{ destination: { host: "composite" } }])] }).applied, []);
    });
    it("names a service by its host without domain", () => {
        assert.equal(serviceOf({ hosts: ["review.shop.svc.cluster.local"] }), "review");
        assert.equal(serviceOf(undefined), "");
    });
});
