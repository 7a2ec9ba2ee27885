import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { changed, changes } from "../oracle/changes";
import { worlds } from "../oracle/generate";
import { expected } from "../oracle/mesh/compare";
import { isMeasurable } from "../oracle/mesh/pairs";
import { productSays, settled } from "../oracle/product";
import { requestsFor } from "../oracle/requests";
import { serve } from "../oracle/serve";

/** How many random worlds: `npm run test:long` sets more. */
const cases = Number(process.env.UPSHIFT_CASES ?? 2_000);

describe("the effect of a world beside the oracle", function () {
    // Nothing here waits: how long so many cases take is the machine's.
    this.timeout(0);

    it("is the same for every request that tells rules apart, at every gateway and from every caller", () => {
        let compared = 0;
        fc.assert(
            fc.property(worlds(), changes(), (drawn, change) => {
                const after = settled(changed(drawn, change));
                for (const request of requestsFor(drawn, after)) {
                    const served = serve(after, request);
                    if (!isMeasurable(served)) continue;
                    compared++;
                    const [said, is] = [productSays(after, request), expected(served)];
                    const differs = [...new Set([...said.keys(), ...is.keys()])].some(
                        (key) => Math.abs((said.get(key) ?? 0) - (is.get(key) ?? 0)) > 1e-6,
                    );
                    assert.ok(!differs, JSON.stringify({ request, said: [...said], is: [...is], after }));
                }
            }),
            { numRuns: cases, seed: 5 },
        );
        assert.ok(compared > cases, `only ${compared} requests were compared in ${cases} worlds: the test says little`);
    });
});
