import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import { canaryHeaderIn, isInChain, routesFor, weightsIn, withWeights } from "../../components/traffic/split/routes";
import { Strategy } from "../../components/traffic/split/strategy";
import { subsetsFor } from "../../components/traffic/split/subsets";
import { weights } from "../support/weights";

const versions = ["v1", "v2", "v3"];
const header = fc.record(
    {
        name: fc.constantFrom("x-group", "user-agent"),
        to: fc.constantFrom(...versions),
        exact: fc.string({ minLength: 1 }),
    },
    { noNullPrototype: true },
);

const names = (spec: VirtualServiceSpec) => spec.http?.map((rule) => rule.name);

describe("routes", () => {
    it("give back the weights and the header that they were made of", () => {
        fc.assert(
            fc.property(weights(), fc.option(header, { nil: undefined }), (given, canaryHeader) => {
                const spec = routesFor({ host: "review", versions, weights: given, canaryHeader });
                assert.deepEqual(weightsIn(spec), given);
                assert.deepEqual(canaryHeaderIn(spec), canaryHeader);
            }),
        );
    });
    it("take other weights, and are else as they were, of requests and of connections", () => {
        fc.assert(
            fc.property(
                weights(),
                weights(),
                fc.option(header, { nil: undefined }),
                fc.boolean(),
                (from, to, canaryHeader, tcp) => {
                    const of = (given: Record<string, number>) =>
                        routesFor({ host: "review", versions, weights: given, canaryHeader, routing: { tcp } });
                    assert.deepEqual(withWeights(of(from), to), of(to));
                },
            ),
        );
    });
    it("keep nobody on a version that has no share by other weights", () => {
        const split = { host: "review", versions: ["v1", "v2"], routing: { affinity: { cookie: "stay" } } };
        const back = withWeights(routesFor({ ...split, weights: { v1: 75, v2: 25 } }), { v1: 100, v2: 0 });
        assert.deepEqual(names(back), ["affinity-v1", "weighted"]);
        assert.deepEqual(weightsIn(back), { v1: 100, v2: 0 });
    });
    it("say whether the edge decides for a whole chain", () => {
        const split = { host: "review", versions, weights: { v1: 100 } };
        assert.ok(isInChain(routesFor({ ...split, inChain: true })));
        assert.ok(!isInChain(routesFor({ ...split, canaryHeader: { name: "x-group", exact: "a", to: "v2" } })));
    });
    it("put the header's rule above the weighted one", () => {
        const spec = routesFor({
            host: "review",
            versions: ["v1", "v2"],
            weights: { v1: 100, v2: 0 },
            canaryHeader: { name: "X-group", exact: "test", to: "v2" },
        });
        assert.deepEqual(names(spec), ["canary-header", "weighted"]);
        assert.deepEqual(spec.http?.[0]?.match, [{ headers: { "x-group": { exact: "test" } } }]);
    });
    it("give every rule of a service the same timeout and retries", () => {
        const spec = routesFor({
            host: "review",
            versions: ["v1", "v2"],
            weights: { v1: 100 },
            canaryHeader: { name: "a", prefix: "b", to: "v2" },
            inChain: true,
            routing: {
                timeout: "10s",
                retryAttempts: 2,
                fault: { abortStatus: 503, abortPercent: 1 },
                canaryMatch: { to: "v2", any: [{ path: { prefix: "/beta" } }] },
                affinity: { cookie: "stay" },
            },
        });
        const fault = { abort: { percentage: { value: 1 }, httpStatus: 503 } };
        assert.equal(spec.http?.length, 6);
        for (const rule of spec.http ?? [])
            assert.deepEqual([rule.timeout, rule.retries, rule.fault], ["10s", { attempts: 2 }, fault]);
    });
    it("name only versions that have a subset", () => {
        fc.assert(
            fc.property(weights(), header, (given, canaryHeader) => {
                const spec = { host: "review", versions, weights: given, canaryHeader };
                const subsets = subsetsFor(spec).subsets.map((subset) => subset.name);
                return (routesFor(spec).http ?? [])
                    .flatMap((rule) => rule.route)
                    .every((route) => subsets.includes(route.destination.subset ?? ""));
            }),
        );
    });
    it("give back the weights whatever the strategy", () => {
        fc.assert(
            fc.property(
                weights(),
                fc.constantFrom(Strategy.Mesh, Strategy.Namespaces, Strategy.Pairs),
                (given, strategy) => {
                    const destinations = { v1: "active", v2: "smoke", v3: "third" };
                    const spec = routesFor({ host: "demoapp", versions, weights: given, strategy, destinations });
                    assert.deepEqual(weightsIn(spec), given);
                },
            ),
        );
    });
    it("split connections where the service speaks TCP", () => {
        const spec = routesFor({ host: "db", versions, weights: { v1: 90, v2: 10 }, routing: { tcp: true } });
        assert.equal(spec.http, undefined);
        assert.deepEqual(weightsIn(spec), { v1: 90, v2: 10, v3: 0 });
    });
    it("match all of one and any of several, with header names as HTTP/2 has them", () => {
        const canaryMatch = {
            to: "v2",
            any: [
                { headers: { "X-Beta": { exact: "1" } }, path: { prefix: "/cart" }, method: { exact: "GET" } },
                { cookies: { group: { exact: "a.b" } } },
                { sourceLabels: { app: "tester" } },
            ],
        };
        const [rule] =
            routesFor({ host: "review", versions, weights: { v1: 100 }, routing: { canaryMatch } }).http ?? [];
        assert.deepEqual(rule?.match, [
            { uri: { prefix: "/cart" }, method: { exact: "GET" }, headers: { "x-beta": { exact: "1" } } },
            { headers: { cookie: { regex: "(.*;\\s*)?group=a\\.b(;.*)?" } } },
            { sourceLabels: { app: "tester" } },
        ]);
    });
    it("send no copy to where the request goes anyway", () => {
        const spec = routesFor({
            host: "review",
            versions,
            weights: { v1: 100 },
            canaryHeader: { name: "a", exact: "b", to: "v2" },
            routing: { mirror: { to: "v2", percent: 10 } },
        });
        assert.deepEqual(
            spec.http?.map((rule) => [rule.mirror?.subset, rule.mirrorPercentage?.value]),
            [
                [undefined, undefined],
                ["v2", 10],
            ],
        );
    });
});

describe("affinity", () => {
    const split = (given: Record<string, number>) =>
        routesFor({
            host: "review",
            versions,
            weights: given,
            routing: { affinity: { cookie: "stay", maxAgeSeconds: 60 } },
        });
    const cookies = (spec: VirtualServiceSpec, rule: string) =>
        spec.http
            ?.find(({ name }) => name === rule)
            ?.route.map(({ headers }) => headers?.response?.add?.["set-cookie"]);

    it("keeps a user on each version that has a share, and gives new users a cookie of theirs", () => {
        const spec = split({ v1: 80, v2: 20 });
        assert.deepEqual(names(spec), ["affinity-v1", "affinity-v2", "weighted"]);
        assert.deepEqual(cookies(spec, "weighted")?.slice(0, 2), [
            "stay=v1; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
            "stay=v2; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
        ]);
    });
    it("keeps nobody on a version without a share: a rollback takes its users back", () =>
        fc.assert(
            fc.property(weights(), (given) =>
                (split(given).http ?? [])
                    .filter(({ name }) => name?.startsWith("affinity-v"))
                    .every(({ route }) => (given[route[0]?.destination.subset ?? ""] ?? 0) > 0),
            ),
        ));
    it("lets users go when one version has all, and takes the cookie back", () => {
        const spec = split({ v2: 100 });
        assert.deepEqual(names(spec), ["affinity-end", "weighted"]);
        assert.deepEqual(cookies(spec, "affinity-end"), ["stay=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure"]);
        assert.deepEqual(cookies(spec, "weighted"), [undefined, undefined, undefined]);
    });
});

describe("subsets", () => {
    it("leave out at most all pods of a version but one, and never the only one", () =>
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 50 }), (pods) => {
                const [subset] = subsetsFor({
                    host: "review",
                    versions: ["v1"],
                    pods: { v1: pods },
                    routing: { ejectAfter: 5 },
                }).subsets;
                const most = subset?.trafficPolicy?.outlierDetection?.maxEjectionPercent;
                assert.ok(pods === 1 ? most === undefined : (most ?? 100) / 100 <= (pods - 1) / pods);
            }),
        ));
});
