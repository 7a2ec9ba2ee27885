import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { conversionOf } from "../../rollout/adopt/convert";
import { objectsOf } from "../../rollout/adopt/proposal";
import { expected } from "../oracle/mesh/compare";
import type { Manifest, World } from "../oracle/manifest";
import { productWorld } from "../oracle/product";
import { requestsFor } from "../oracle/requests";
import { serve } from "../oracle/serve";

/** How many random VirtualServices: `npm run test:long` sets more. */
const cases = Math.min(Number(process.env.UPSHIFT_CASES ?? 400), 10_000);
const source = { kind: "VirtualService", namespace: "shop", name: "cart-routes" } as const;

/** The oracle reads routes by its own rules, and knows nothing of what is adopted or judged. */
describe("routes that are adopted, beside the oracle", function () {
    this.timeout(300_000);

    it("serve every request that tells rules apart as they did", () => {
        const taken = new Set<string>();
        let count = 0;
        fc.assert(
            fc.property(worlds(), (before) => {
                const { converted } = conversionOf(source, {
                    world: productWorld(before),
                    context: "test",
                    replicaSets: [],
                });
                if (!converted) return;
                const { routes, subsets } = objectsOf(converted.name, converted.args, converted.kept);
                const after = before.map((one): Manifest => {
                    const other = [routes, subsets].find(({ kind }) => kind === one.kind);
                    return other ? { ...one, spec: other.body.spec } : one;
                });
                for (const request of requestsFor(before, after)) {
                    const [was, is] = [before, after].map((world) => expected(serve(world, request)));
                    for (const key of new Set([...(was?.keys() ?? []), ...(is?.keys() ?? [])]))
                        assert.ok(
                            Math.abs((was?.get(key) ?? 0) - (is?.get(key) ?? 0)) < 1e-6,
                            JSON.stringify({ request, was: [...(was ?? [])], is: [...(is ?? [])], before, after }),
                        );
                }
                const { canaryHeader, routing } = converted.args;
                taken.add([canaryHeader, routing?.canaryMatch, routing?.timeout].map(Boolean).join());
                count++;
            }),
            { numRuns: cases, seed: 12 },
        );
        assert.ok(count > cases / 5, `only ${count} of ${cases} were adopted: the test says little`);
        assert.ok(taken.size >= 6, `only ${[...taken].join("; ")} were adopted`);
    });
});

const versions = ["v1", "v2", "v3"];

function worlds(): fc.Arbitrary<World> {
    return fc
        .record({ http: fc.array(optIn(), { maxLength: 3 }), last: last(), limits: limits() })
        .map(({ http, last, limits }): World => [
            manifest("v1", "Service", "cart", {
                selector: { app: "cart" },
                ports: [{ name: "http", port: 80, targetPort: 8080 }],
            }),
            ...versions.map((version) => ({
                ...manifest("apps/v1", "Deployment", `cart-${version}`, {
                    replicas: 2,
                    selector: { matchLabels: { app: "cart", version } },
                    template: {
                        metadata: { labels: { app: "cart", version } },
                        spec: { containers: [{ name: "cart", image: `cart:${version}` }] },
                    },
                }),
                status: { replicas: 2, readyReplicas: 2 },
            })),
            manifest("networking.istio.io/v1", "DestinationRule", "cart-versions", {
                host: "cart",
                subsets: versions.map((version) => ({ name: version, labels: { version } })),
            }),
            manifest("networking.istio.io/v1", "VirtualService", "cart-routes", {
                hosts: ["cart"],
                http: [...http, ...last].map((rule) => ({ ...limits, ...rule })),
            }),
        ]);
}

function manifest(apiVersion: string, kind: string, name: string, spec: object): Manifest {
    const metadata = { name, namespace: "shop", creationTimestamp: "2026-01-02T03:04:05Z" };
    return { apiVersion, kind, metadata, spec };
}

const version = (): fc.Arbitrary<string> => fc.constantFrom(...versions);
const destination = (subset: string): object => ({ destination: { host: "cart", subset } });

/** Mostly one destination, as adoption takes it. */
function optIn(): fc.Arbitrary<object> {
    const route = fc.oneof(
        { weight: 8, arbitrary: fc.constantFrom("v2", "v2", "v3").map((one) => [destination(one)]) },
        {
            weight: 1,
            arbitrary: fc.tuple(version(), version()).map(([one, other]) => [
                { ...destination(one), weight: 100 },
                { ...destination(other), weight: 0 },
            ]),
        },
    );
    return fc.record({ match: fc.array(block(), { minLength: 1, maxLength: 2 }), route });
}

function block(): fc.Arbitrary<object> {
    const text = fc.constantFrom({ exact: "beta" }, { prefix: "be" }, { regex: "b.*a" });
    const header = fc.record({ name: fc.constantFrom("x-crew", "X-Ring", "cookie"), text }).map(({ name, text }) => ({
        headers: { [name]: text },
    }));
    const path = fc.constantFrom({ uri: { prefix: "/beta" } }, { uri: { exact: "/a" } }, { uri: { prefix: "/" } });
    const others = fc.constantFrom(
        { method: { exact: "GET" } },
        { sourceLabels: { app: "web" } },
        { queryParams: { beta: { exact: "1" } } },
        { withoutHeaders: { "x-crew": { exact: "beta" } } },
        {},
    );
    const both = fc.tuple(header, path).map(([one, other]) => ({ ...one, ...other }));
    return fc.oneof(
        { weight: 6, arbitrary: header },
        { weight: 2, arbitrary: path },
        { weight: 1, arbitrary: both },
        { weight: 1, arbitrary: others },
    );
}

/** The rules at the end: the weighted one, sometimes with a dead one below it, sometimes none. */
function last(): fc.Arbitrary<object[]> {
    const weights = fc.constantFrom([100, 0, 0], [80, 20, 0], [1, 1, 2], [0, 50, 50], [1, 1, 1]);
    const weighted = fc
        .tuple(weights, fc.constantFrom({}, { match: [{ uri: { prefix: "/" } }] }))
        .map(([shares, more]) => ({
            ...more,
            route: versions.map((one, index) => ({ ...destination(one), weight: shares[index] })),
        }));
    const dead = { route: [destination("v3")] };
    return fc.oneof(
        { weight: 8, arbitrary: weighted.map((rule) => [rule]) },
        { weight: 1, arbitrary: weighted.map((rule) => [rule, dead]) },
        { weight: 1, arbitrary: fc.constant<object[]>([]) },
    );
}

function limits(): fc.Arbitrary<object> {
    return fc.constantFrom({}, { timeout: "5s" }, { retries: { attempts: 0 } }, { retries: { attempts: 3 } });
}
