import * as assert from "node:assert/strict";
import { chainDestinations } from "../../components/traffic/split/chain";
import { codes, service, world } from "../support/worlds";

/** An edge that gives its requests a release, in front of a Service whose routes do not go by it. */
const edge = (v2: number) =>
    world(
        service({
            name: "shop",
            weights: { v1: 0 },
            weighted: { route: chainDestinations({ host: "shop" }, ["v1", "v2"], { v1: 100 - v2, v2 }) },
        }),
    );

describe("the stable version", () => {
    it("is found by the release that an edge gives, where no routes of ours go by it", () => {
        assert.deepEqual(codes(edge(25), edge(50)), []);
        assert.deepEqual(codes(edge(100), edge(0)), []);
        assert.deepEqual(codes(edge(0), edge(90)), ["raise"]);
    });
});
