import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { canaryHeaderIn, routesFor, subsetsFor, weightsIn } from "../../components/traffic/routes";
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
    it("put the header's rule above the weighted one", () => {
        const spec = routesFor({
            host: "review",
            versions: ["v1", "v2"],
            weights: { v1: 100, v2: 0 },
            canaryHeader: { name: "X-group", exact: "test", to: "v2" },
        });
        assert.deepEqual(
            spec.http.map((rule) => rule.name),
            ["canary-header", "weighted"],
        );
        assert.deepEqual(spec.http[0]?.match, [{ headers: { "x-group": { exact: "test" } } }]);
    });
    it("give every rule of a service the same timeout and retries", () => {
        const spec = routesFor({
            host: "review",
            versions: ["v1", "v2"],
            weights: { v1: 100 },
            canaryHeader: { name: "a", prefix: "b", to: "v2" },
            timeout: "10s",
            retryAttempts: 2,
        });
        for (const rule of spec.http) assert.deepEqual([rule.timeout, rule.retries], ["10s", { attempts: 2 }]);
    });
    it("name only versions that have a subset", () => {
        fc.assert(
            fc.property(weights(), header, (given, canaryHeader) => {
                const spec = { host: "review", versions, weights: given, canaryHeader };
                const subsets = subsetsFor(spec).subsets.map((subset) => subset.name);
                return routesFor(spec)
                    .http.flatMap((rule) => rule.route)
                    .every((route) => subsets.includes(route.destination.subset ?? ""));
            }),
        );
    });
});
