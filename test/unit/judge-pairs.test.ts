import * as assert from "node:assert/strict";
import { routesFor } from "../../components/traffic/split/routes";
import { Strategy } from "../../components/traffic/split/strategy";
import { annotationsFor } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { deployment, told, world } from "../support/worlds";

/** A pair of Services, one of which each version is; which release a request belongs to, it says itself. */
function pair(v2: number): Placed[] {
    const spec = routesFor({
        host: "frontend",
        versions: ["v1", "v2"],
        weights: { v1: 100 - v2, v2 },
        strategy: Strategy.Pairs,
        destinations: { v1: "active", v2: "smoke" },
    });
    const annotations = annotationsFor({ service: "frontend", stable: "v1" });
    const metadata = { name: "frontend-vs", namespace: "shop", annotations };
    const sides = ["active", "smoke"].flatMap((name) => [
        placed("Service", { metadata: { name, namespace: "shop" }, spec: { selector: { app: name } } }),
        deployment({ name, version: name === "active" ? "v1" : "v2" }),
    ]);
    return [...sides, placed("VirtualService", { metadata, spec } as unknown as Body)];
}

describe("the judge of a pair, whose routes give each request its release", () => {
    it("knows the stable version, so that a release may begin", () => {
        assert.deepEqual(told(world(pair(0)), world(pair(25))), []);
    });
    it("lets everybody back to the stable version at once", () => {
        assert.deepEqual(told(world(pair(100)), world(pair(0))), []);
    });
    it("refuses a raise of the other", () => {
        assert.match(told(world(pair(0)), world(pair(90))).join("\n"), /^frontend: v2 0 → 90 is a raise of 90 points/);
    });
});
