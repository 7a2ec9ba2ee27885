import * as assert from "node:assert/strict";
import { deployment, destinationRule, gateway, service, split, to, virtualService } from "../oracle/build";
import type { HttpMatch, HttpRule, VirtualServiceSpec } from "../oracle/istio";
import type { Manifest, Request, World } from "../oracle/manifest";
import { rise } from "../oracle/rise";
import { serve } from "../oracle/serve";

/** Three versions of one service, all of them ready, and a second service that has no versions. */
const shop: World = [
    service("shop/reviews"),
    service("shop/ratings"),
    deployment("shop/reviews", "v1"),
    deployment("shop/reviews", "v2"),
    deployment("shop/reviews", "v3"),
    deployment("shop/ratings", "v1"),
    destinationRule("shop/reviews", "reviews", ["v1", "v2", "v3"]),
    gateway("shop/edge"),
];

const withoutReviews = shop.filter(({ metadata, kind }) => kind !== "Service" || metadata.name !== "reviews");

const plainRequest: Request = {
    host: "reviews",
    path: "/",
    method: "GET",
    headers: {},
    port: 80,
    caller: { namespace: "shop", labels: { app: "page" } },
};
const atEdge: Partial<Request> = { host: "reviews.example.com", caller: { gateway: "shop/edge" } };

/** The distribution in words, for a request that differs from the plain one in this. */
function met(world: World, request: Partial<Request> = {}): Record<string, number> {
    const rows: Record<string, number> = {};
    for (const one of serve(world, { ...plainRequest, ...request })) {
        const words = one.outcome === "pods" ? (one.workload.split("/")[1] ?? "") : one.why;
        rows[words] = (rows[words] ?? 0) + Math.round(one.percent * 100) / 100;
    }
    return rows;
}

function routes(http: HttpRule[], more: VirtualServiceSpec = {}, name = "routes"): Manifest {
    return virtualService(`shop/${name}`, { hosts: ["reviews"], http, ...more });
}

/** v2 for what matches, v1 for the rest. */
function matching(...match: HttpMatch[]): World {
    return [...shop, routes([{ match, route: to({ "reviews/v2": undefined }) }, split({ "reviews/v1": undefined })])];
}

function takes(match: HttpMatch, request: Partial<Request>): boolean {
    return met(matching(match), request)["reviews-v2"] === 100;
}

describe("the oracle: a Service without routes", () => {
    it("is all its ready pods, in equal parts", () => {
        const world = [service("shop/a"), deployment("shop/a", "v1", { replicas: 3 }), deployment("shop/a", "v2")];
        assert.deepEqual(met(world, { host: "a" }), { "a-v1": 75, "a-v2": 25 });
    });

    it("leaves out pods that are not ready, and fails when none is", () => {
        const one = [service("shop/a"), deployment("shop/a", "v1", { replicas: 3, ready: 0 })];
        assert.deepEqual(met(one, { host: "a" }), { "503 no ready pods": 100 });
        assert.deepEqual(met([...one, deployment("shop/a", "v2")], { host: "a" }), { "a-v2": 100 });
    });

    it("has every name that a pod's resolver completes, the bare one in its own namespace alone", () => {
        for (const host of ["reviews", "reviews.shop", "reviews.shop.svc", "reviews.shop.svc.cluster.local:80"])
            assert.deepEqual(met(matching({ uri: { prefix: "/" } }), { host }), { "reviews-v2": 100 }, host);
        const elsewhere = { caller: { namespace: "other", labels: {} } };
        assert.deepEqual(met(shop, { ...elsewhere, host: "reviews" }), { "no route: it leaves the mesh": 100 });
        assert.equal(met(shop, { ...elsewhere, host: "reviews.shop" })["reviews-v1"], 33.33);
    });

    it("has the names of the ExternalName Services that stand for it", () => {
        const alias = service("shop/old", {}, { type: "ExternalName", externalName: "ratings.shop.svc.cluster.local" });
        assert.deepEqual(met([...shop, alias], { host: "old" }), { "ratings-v1": 100 });
    });
});

describe("the oracle: hosts of a VirtualService", () => {
    it("are of its own namespace when short", () => {
        const world = [...shop, routes([split({ "reviews/v1": undefined })])];
        assert.deepEqual(met(world), { "reviews-v1": 100 });
        assert.deepEqual(met(world, { host: "reviews.shop.svc.cluster.local" }), { "reviews-v1": 100 });
    });

    it("are taken as they stand when they have a dot: reviews.shop is not the Service", () => {
        const rule = split({ "reviews/v1": undefined });
        const world = [...shop, routes([rule], { hosts: ["reviews.shop"] })];
        assert.equal(met(world, { host: "reviews" })["reviews-v1"], 33.33);
        // The very same name in a Host header finds them, though.
        assert.deepEqual(met(world, { host: "reviews.shop" }), { "reviews-v1": 100 });
    });

    it("give a sidecar one VirtualService each, the oldest", () => {
        const older = virtualService(
            "shop/z",
            { hosts: ["reviews"], http: [{ match: [{ uri: { prefix: "/a" } }], route: to({ "reviews/v1": 100 }) }] },
            "2026-01-01T00:00:00Z",
        );
        const younger = virtualService(
            "shop/a",
            { hosts: ["reviews"], http: [split({ "reviews/v2": 100 })] },
            "2026-01-02T00:00:00Z",
        );
        const world = [...shop, younger, older];
        assert.deepEqual(met(world, { path: "/a" }), { "reviews-v1": 100 });
        assert.deepEqual(met(world, { path: "/b" }), { "404 no route": 100 });
    });

    it("leave a Service to the next VirtualService when no rule of the first is meant for the sidecar", () => {
        const qa = { match: [{ sourceLabels: { app: "qa" } }], route: to({ "reviews/v2": 100 }) };
        const first = routes([qa], {}, "a");
        assert.equal(met([...shop, first])["reviews-v3"], 33.33);
        assert.deepEqual(met([...shop, first, routes([split({ "reviews/v1": 100 })], {}, "b")]), { "reviews-v1": 100 });
    });

    it("give a Service to its own name before a wildcard, and to the longest of these", () => {
        const wild = (host: string, version: string): Manifest =>
            routes([split({ [`reviews/${version}`]: 100 })], { hosts: [host] }, `a-${version}`);
        const wide = wild("*.local", "v2");
        const narrow = wild("*.shop.svc.cluster.local", "v3");
        assert.deepEqual(met([...shop, wide]), { "reviews-v2": 100 });
        assert.deepEqual(met([...shop, wide, narrow]), { "reviews-v3": 100 });
        assert.deepEqual(met([...shop, wide, routes([split({ "reviews/v1": 100 })], {}, "z")]), { "reviews-v1": 100 });
    });

    it("that no Service has are routed on port 80, where Services say HTTP", () => {
        const rules = [...shop, routes([split({ "reviews/v2": 100 })], { hosts: ["shop.example.com"] })];
        assert.deepEqual(met(rules, { host: "shop.example.com" }), { "reviews-v2": 100 });
        assert.deepEqual(met(rules, { host: "shop.example.com", port: 8080 }), { "no route: it leaves the mesh": 100 });
    });
});

describe("the oracle: at a gateway", () => {
    const public1 = { hosts: ["reviews.example.com"], gateways: ["edge"] };

    it("a host without routes is a 404, and so is a request that no rule takes", () => {
        assert.deepEqual(met(shop, atEdge), { "404 no such host at the gateway": 100 });
        const world = [...shop, routes([{ match: [{ uri: { exact: "/a" } }], route: to({ reviews: 100 }) }], public1)];
        assert.deepEqual(met(world, { ...atEdge, path: "/b" }), { "404 no route": 100 });
    });

    it("all VirtualServices of a host come together, and rules for everything come last", () => {
        const first = routes([split({ "reviews/v1": 100 })], public1, "a");
        const path = routes([{ match: [{ uri: { prefix: "/b" } }], route: to({ "reviews/v2": 100 }) }], public1, "b");
        const world = [...shop, first, path];
        assert.deepEqual(met(world, { ...atEdge, path: "/b" }), { "reviews-v2": 100 });
        assert.deepEqual(met(world, { ...atEdge, path: "/c" }), { "reviews-v1": 100 });
    });

    it("a rule behind its own VirtualService's rule for everything stays dead", () => {
        const dead = { match: [{ uri: { prefix: "/b" } }], route: to({ "reviews/v2": 100 }) };
        const world = [...shop, routes([split({ "reviews/v1": 100 }), dead], public1)];
        assert.deepEqual(met(world, { ...atEdge, path: "/b" }), { "reviews-v1": 100 });
    });

    it("a short gateway name is of the VirtualService's namespace", () => {
        const http = [split({ "reviews.shop.svc.cluster.local/v1": 100 })];
        const elsewhere = (gateways: string[]): Manifest =>
            virtualService("other/routes", { ...public1, gateways, http });
        assert.deepEqual(met([...shop, elsewhere(["edge"])], atEdge), { "404 no such host at the gateway": 100 });
        assert.deepEqual(met([...shop, elsewhere(["shop/edge"])], atEdge), { "reviews-v1": 100 });
    });

    it("the mesh's routes do not count, nor the gateway's in the mesh", () => {
        const world = [...shop, routes([split({ "reviews/v1": 100 })], { ...public1, hosts: ["reviews"] })];
        assert.equal(met(world)["reviews-v3"], 33.33);
        const both = { hosts: ["reviews.example.com", "reviews"], gateways: ["edge", "mesh"] };
        const inBoth = [...shop, routes([split({ "reviews/v1": 100 })], both)];
        assert.deepEqual([met(inBoth), met(inBoth, atEdge)], [{ "reviews-v1": 100 }, { "reviews-v1": 100 }]);
    });

    it("a server takes the hosts that it names, for the namespaces that it names", () => {
        const world = (hosts: string[]): World => [
            ...shop.filter(({ kind }) => kind !== "Gateway"),
            gateway("shop/edge", hosts),
            routes([split({ "reviews/v1": 100 })], public1),
        ];
        assert.deepEqual(met(world(["*.example.com"]), atEdge), { "reviews-v1": 100 });
        assert.deepEqual(met(world(["shop/*.example.com"]), atEdge), { "reviews-v1": 100 });
        assert.deepEqual(met(world(["other/*"]), atEdge), { "404 no such host at the gateway": 100 });
        assert.deepEqual(met(world(["*.example.org"]), atEdge), { "404 no such host at the gateway": 100 });
    });

    it("a host of its own goes before a wildcard", () => {
        const wild = routes([split({ "reviews/v2": 100 })], { ...public1, hosts: ["*.example.com"] }, "a");
        const world = [...shop, wild, routes([split({ "reviews/v1": 100 })], public1, "b")];
        assert.deepEqual(met(world, atEdge), { "reviews-v1": 100 });
        assert.deepEqual(met(world, { ...atEdge, host: "other.example.com" }), { "reviews-v2": 100 });
    });

    it("a server may send everybody to https", () => {
        const servers = [
            { port: { number: 80, name: "http", protocol: "HTTP" }, hosts: ["*"], tls: { httpsRedirect: true } },
            { port: { number: 443, name: "https", protocol: "HTTPS" }, hosts: ["*"], tls: { mode: "SIMPLE" } },
        ];
        const edge = gateway("shop/edge", [], { servers });
        const world = [...shop.filter(({ kind }) => kind !== "Gateway"), edge];
        const routed = [...world, routes([split({ "reviews/v1": 100 })], public1)];
        assert.deepEqual(met(routed, atEdge), { "redirect 301 to https": 100 });
        assert.deepEqual(met(routed, { ...atEdge, port: 443, tls: true }), { "reviews-v1": 100 });
    });
});

describe("the oracle: match", () => {
    it("asks for all parts of a block and for one block of several", () => {
        const world = matching({ uri: { prefix: "/a" }, method: { exact: "POST" } }, { uri: { exact: "/b" } });
        const v2 = (request: Partial<Request>): boolean => met(world, request)["reviews-v2"] === 100;
        assert.equal(v2({ path: "/a", method: "POST" }), true);
        assert.equal(v2({ path: "/a" }), false);
        assert.equal(v2({ path: "/b" }), true);
    });

    it("looks at a path without its query", () => {
        assert.equal(takes({ uri: { exact: "/a" } }, { path: "/a?b=c" }), true);
        assert.equal(takes({ uri: { regex: "/a.*c" } }, { path: "/a?b=c" }), false);
        assert.equal(takes({ uri: { prefix: "/a?" } }, { path: "/a?b=c" }), false);
    });

    it("wants a regular expression to match the whole value", () => {
        assert.equal(takes({ headers: { group: { regex: "te" } } }, { headers: { group: "test" } }), false);
        assert.equal(takes({ headers: { group: { regex: "te.*" } } }, { headers: { group: "test" } }), true);
        assert.equal(takes({ uri: { regex: "/a" } }, { path: "/a/b" }), false);
    });

    it("wants a header to be there, whatever its value may be", () => {
        for (const any of [{}, { regex: ".*" }, { regex: ".+" }, { regex: "*" }]) {
            assert.equal(takes({ headers: { group: any } }, {}), false, JSON.stringify(any));
            assert.equal(takes({ headers: { group: any } }, { headers: { Group: "x" } }), true, JSON.stringify(any));
        }
    });

    it("takes a missing header for an empty one where it must not match, and for a missing one where it must not be there", () => {
        assert.equal(takes({ withoutHeaders: { group: { exact: "test" } } }, {}), true);
        assert.equal(takes({ withoutHeaders: { group: { exact: "test" } } }, { headers: { group: "test" } }), false);
        assert.equal(takes({ withoutHeaders: { group: { regex: ".*" } } }, {}), false);
        assert.equal(takes({ withoutHeaders: { group: {} } }, {}), true);
        assert.equal(takes({ withoutHeaders: { group: {} } }, { headers: { group: "" } }), false);
    });

    it("minds the case of a path, unless it is told not to, and always in a regular expression", () => {
        assert.equal(takes({ uri: { prefix: "/A" } }, { path: "/a" }), false);
        assert.equal(takes({ uri: { prefix: "/A" }, ignoreUriCase: true }, { path: "/a" }), true);
        assert.equal(takes({ uri: { regex: "/A" }, ignoreUriCase: true }, { path: "/a" }), false);
    });

    it("knows queries, ports, host names and schemes", () => {
        assert.equal(takes({ queryParams: { q: { exact: "a" } } }, { path: "/?r=b&q=a" }), true);
        assert.equal(takes({ queryParams: { q: {} } }, { path: "/?q" }), true);
        assert.equal(takes({ queryParams: { q: {} } }, { path: "/?r" }), false);
        assert.equal(takes({ port: 80 }, {}), true);
        assert.equal(takes({ port: 8080 }, {}), false);
        assert.equal(takes({ authority: { exact: "reviews" } }, {}), true);
        assert.equal(takes({ authority: { exact: "reviews" } }, { host: "reviews:80" }), false);
        assert.equal(takes({ scheme: { exact: "https" } }, {}), false);
    });

    it("asks a block for the caller's labels and namespace only where it names no gateways", () => {
        const qa = { sourceLabels: { app: "qa" } };
        assert.equal(takes(qa, {}), false);
        assert.equal(takes({ ...qa, gateways: ["mesh"] }, {}), true);
        assert.equal(takes({ sourceNamespace: "shop" }, {}), true);
        assert.equal(takes({ sourceNamespace: "other" }, {}), false);
        assert.equal(takes({ gateways: ["edge"] }, {}), false);
    });
});

describe("the oracle: destinations", () => {
    const split3 = (weights: Record<string, number | undefined>): Record<string, number> =>
        met([...shop, routes([split(weights)])]);

    it("get shares of the weights' sum, and nothing without weight", () => {
        assert.deepEqual(split3({ "reviews/v1": 1, "reviews/v2": 3 }), { "reviews-v1": 25, "reviews-v2": 75 });
        assert.deepEqual(split3({ "reviews/v1": 0, "reviews/v2": 1 }), { "reviews-v2": 100 });
        assert.deepEqual(split3({ "reviews/v1": undefined, "reviews/v2": 1 }), { "reviews-v2": 100 });
    });

    it("get everything when alone, also with weight 0", () => {
        assert.deepEqual(split3({ "reviews/v1": undefined }), { "reviews-v1": 100 });
        assert.deepEqual(split3({ "reviews/v1": 0 }), { "reviews-v1": 100 });
    });

    it("are an error when none has weight", () => {
        assert.deepEqual(split3({ "reviews/v1": 0, "reviews/v2": 0 }), { "no destination has weight": 100 });
    });

    it("that Envoy does not know are a 503", () => {
        assert.deepEqual(split3({ "reviews/v9": 100 }), {
            "503 no subset v9 of reviews.shop.svc.cluster.local": 100,
        });
        assert.deepEqual(split3({ "reviews.shop": 100 }), { "503 no service reviews.shop": 100 });
    });

    it("take a subset's labels beside the Service's own", () => {
        const swapped = destinationRule("shop/reviews", "reviews", { v1: { version: "v2" }, v2: { version: "v1" } });
        const world = [...shop.filter(({ kind }) => kind !== "DestinationRule"), swapped];
        assert.deepEqual(met([...world, routes([split({ "reviews/v1": 100 })])]), { "reviews-v2": 100 });
    });

    it("take DestinationRules of the caller's namespace before those of the Service's", () => {
        const own = destinationRule("other/mine", "reviews.shop.svc.cluster.local", { v1: { version: "v3" } });
        const world = [...shop, own, routes([split({ "reviews/v1": 100 })])];
        assert.deepEqual(met(world), { "reviews-v1": 100 });
        const caller = { host: "reviews.shop", caller: { namespace: "other", labels: {} } };
        assert.deepEqual(met(world, caller), { "reviews-v3": 100 });
    });

    it("without a port take the Service's only one, else the one that was asked for", () => {
        const more = { ports: [{ name: "http", port: 9080 }] };
        const world = (ports: typeof more.ports): World => [
            ...withoutReviews,
            service("shop/reviews", {}, { ports }),
            routes([split({ "reviews/v1": 100 })], { hosts: ["reviews.example.com"], gateways: ["edge"] }),
        ];
        assert.deepEqual(met(world(more.ports), atEdge), { "reviews-v1": 100 });
        assert.deepEqual(met(world([...more.ports, { name: "http-more", port: 9081 }]), atEdge), {
            "503 service reviews.shop.svc.cluster.local has no port 80": 100,
        });
    });
});

describe("the oracle: who sees a rule", () => {
    it("is its own namespace alone with exportTo `.`", () => {
        const world = [...shop, routes([split({ "reviews/v1": 100 })], { exportTo: ["."] })];
        assert.deepEqual(met(world), { "reviews-v1": 100 });
        const other = { host: "reviews.shop", caller: { namespace: "other", labels: {} } };
        assert.equal(met(world, other)["reviews-v3"], 33.33);
        const named = [...shop, routes([split({ "reviews/v1": 100 })], { exportTo: ["other"] })];
        assert.equal(met(named)["reviews-v3"], 33.33);
        assert.deepEqual(met(named, other), { "reviews-v1": 100 });
    });

    it("is nobody who speaks to a port of which Envoy reads no HTTP", () => {
        const rules = routes([split({ "reviews/v2": 100 })]);
        const onPort = (port: object): Record<string, number> =>
            met([...withoutReviews, service("shop/reviews", port), rules]);
        assert.equal(onPort({ name: "tcp-web" })["reviews-v3"], 33.33);
        assert.equal(onPort({ name: "http", appProtocol: "tcp" })["reviews-v3"], 33.33);
        assert.deepEqual(onPort({ name: "web" }), { "reviews-v2": 100 });
        assert.deepEqual(onPort({ name: "tcp", appProtocol: "http" }), { "reviews-v2": 100 });
    });

    it("of tcp rules, is who speaks to such a port", () => {
        const tcp = routes([], { http: [split({ "reviews/v2": 100 })], tcp: [{ route: to({ "reviews/v1": 100 }) }] });
        const world = [...withoutReviews, service("shop/reviews", { name: "tcp" }), tcp];
        assert.deepEqual(met(world), { "reviews-v1": 100 });
        assert.deepEqual(met([...shop, tcp]), { "reviews-v2": 100 });
    });
});

describe("the oracle: delegates", () => {
    const delegate = (http: HttpRule[], more: VirtualServiceSpec = {}): Manifest =>
        virtualService("shop/delegate", { http, ...more });
    const root = (match?: HttpMatch[]): Manifest =>
        routes([{ ...(match ? { match } : {}), delegate: { name: "delegate" } }, split({ "reviews/v1": 100 })]);
    const v2 = { route: to({ "reviews/v2": 100 }) };

    it("stand in the place of the root's rule and have its conditions beside their own", () => {
        const http = [{ match: [{ headers: { group: { exact: "test" } } }], ...v2 }];
        const world = [...shop, root([{ uri: { prefix: "/a" } }]), delegate(http)];
        const headers = { group: "test" };
        assert.deepEqual(met(world, { path: "/a", headers }), { "reviews-v2": 100 });
        assert.deepEqual(met(world, { path: "/b", headers }), { "reviews-v1": 100 });
        assert.deepEqual(met(world, { path: "/a" }), { "reviews-v1": 100 });
    });

    it("count only where their conditions are narrower than the root's", () => {
        const world = (uri: HttpMatch["uri"]): World => [
            ...shop,
            root([{ uri: { prefix: "/a/b" } }]),
            delegate([{ match: [{ uri }], ...v2 }]),
        ];
        assert.deepEqual(met(world({ prefix: "/a/b/c" }), { path: "/a/b/c" }), { "reviews-v2": 100 });
        assert.deepEqual(met(world({ prefix: "/a" }), { path: "/a/b" }), { "reviews-v1": 100 });
        assert.deepEqual(met(world({ regex: "/a/b/.*" }), { path: "/a/b/c" }), { "reviews-v1": 100 });
    });

    it("that are not there or not to be seen take their rule away and nothing else", () => {
        assert.deepEqual(met([...shop, root()]), { "reviews-v1": 100 });
        assert.deepEqual(met([...shop, root(), delegate([v2], { exportTo: ["other"] })]), { "reviews-v1": 100 });
        assert.deepEqual(met([...shop, root(), delegate([v2])]), { "reviews-v2": 100 });
    });

    it("have the root's fault and timeout where they say nothing", () => {
        const http = [
            { delegate: { name: "delegate" }, fault: { abort: { httpStatus: 500, percentage: { value: 100 } } } },
        ];
        assert.deepEqual(met([...shop, routes(http), delegate([v2])]), { "abort 500": 100 });
    });
});

describe("the oracle: what is no service's answer", () => {
    const world = (rule: HttpRule): World => [...shop, routes([rule])];

    it("is a redirect or a direct response", () => {
        assert.deepEqual(met(world({ redirect: { uri: "/b" } })), { "redirect 301": 100 });
        assert.deepEqual(met(world({ redirect: { redirectCode: 307 } })), { "redirect 307": 100 });
        assert.deepEqual(met(world({ directResponse: { status: 503 } })), { "direct response 503": 100 });
    });

    it("is a fault, for its percentage and for nobody when it has none", () => {
        const abort = (percentage?: { value: number }): HttpRule =>
            split({ "reviews/v1": 100 }, { fault: { abort: { httpStatus: 418, percentage } } });
        assert.deepEqual(met(world(abort({ value: 25 }))), { "abort 418": 25, "reviews-v1": 75 });
        assert.deepEqual(met(world(abort())), { "reviews-v1": 100 });
    });

    it("tells timeouts and delays beside the outcome", () => {
        const delay = { fixedDelay: "1.5s", percentage: { value: 50 } };
        const rows = serve(world(split({ "reviews/v1": 100 }, { timeout: "1ms", fault: { delay } })), plainRequest);
        assert.deepEqual(
            rows.map(({ percent, timeoutMs, delayMs }) => ({ percent, timeoutMs, delayMs })),
            [
                { percent: 50, timeoutMs: 1, delayMs: 1500 },
                { percent: 50, timeoutMs: 1, delayMs: undefined },
            ],
        );
    });

    it("is not a rewrite: the pod sees another path and nothing else changes", () => {
        const path = (rewrite: HttpRule["rewrite"], uri: HttpMatch["uri"]): string | undefined => {
            const rule = { match: [{ uri }], route: to({ "reviews/v1": 100 }), rewrite };
            const [row] = serve(world(rule), { ...plainRequest, path: "/a/b?c=/a" });
            return row?.outcome === "pods" ? row.path : undefined;
        };
        assert.equal(path({ uri: "/x" }, { prefix: "/a" }), "/x/b?c=/a");
        assert.equal(path({ uri: "/x" }, { regex: "/a/.*" }), "/x?c=/a");
        assert.equal(
            path({ uriRegexRewrite: { match: "/(.)/(.)", rewrite: "/\\2/\\1" } }, { prefix: "/" }),
            "/b/a?c=/a",
        );
    });
});

describe("rise", () => {
    const at = (v2: number): World => [...shop, routes([split({ "reviews/v1": 100 - v2, "reviews/v2": v2 })])];

    it("is what an outcome gains, the largest first, and nothing when nothing changes", () => {
        assert.deepEqual(rise(at(20), at(20), plainRequest), []);
        assert.deepEqual(
            rise(at(20), at(50), plainRequest).map(({ version, points, before }) => ({ version, points, before })),
            [{ version: "v2", points: 30, before: 20 }],
        );
    });

    it("is a rise of new code, too: the same pods with another template", () => {
        const other = at(20).map((one) =>
            one.metadata.name === "reviews-v1" ? deployment("shop/reviews", "v1", { image: "other" }) : one,
        );
        const [gain] = rise(at(20), other, plainRequest);
        assert.deepEqual([gain?.version, gain?.points, gain?.before], ["v1", 80, 0]);
    });

    it("counts failures as an outcome", () => {
        const failing = [...shop, routes([split({ "reviews/v9": 1, "reviews/v1": 3 })])];
        const [gain] = rise(at(0), failing, plainRequest);
        assert.equal(gain?.points, 25);
        assert.match(gain?.outcome ?? "", /^fails: 503/);
    });
});
