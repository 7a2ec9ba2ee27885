import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { describeShortfall, replicasFor, sharesOf, totalProblems } from "../../components/traffic/split/replicas";
import { weights } from "../support/weights";

const versions = ["v1", "v2"];

describe("replicas", () => {
    it("follow seed 003's table", () => {
        const table = [
            [100, 0, { v1: 4, v2: 0 }],
            [75, 25, { v1: 3, v2: 1 }],
            [50, 50, { v1: 2, v2: 2 }],
            [25, 75, { v1: 1, v2: 3 }],
            [0, 100, { v1: 0, v2: 4 }],
        ] as const;
        for (const [v1, v2, counts] of table) assert.deepEqual(replicasFor({ v1, v2 }, 4, versions).counts, counts);
    });
    it("are as many as the total, with a pod for each version that has a share and none for the others", () =>
        fc.assert(
            fc.property(weights(), fc.integer({ min: 3, max: 40 }), (given, total) => {
                const { counts } = replicasFor(given, total, Object.keys(given));
                assert.equal(
                    Object.values(counts).reduce((sum, count) => sum + count, 0),
                    total,
                );
                for (const [version, count] of Object.entries(counts))
                    assert.equal(count > 0, (given[version] ?? 0) > 0);
            }),
        ));
    it("are the nearest that there are", () =>
        fc.assert(
            fc.property(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 2, max: 30 }), (v2, total) => {
                const { off } = replicasFor({ v1: 100 - v2, v2 }, total, versions);
                const all = Array.from({ length: total - 1 }, (_, pods) => Math.abs((100 * (pods + 1)) / total - v2));
                assert.ok(off <= Math.min(...all) + 0.1, `${off} against ${Math.min(...all)}`);
            }),
        ));
    it("say what can't be had, what is nearest, and how many pods would do", () => {
        const found = replicasFor({ v1: 80, v2: 20 }, 3, versions);
        assert.deepEqual(found.shares, { v1: 66.7, v2: 33.3 });
        assert.equal(
            describeShortfall("notification", { v1: 80, v2: 20 }, found),
            "notification: v1 80, v2 20 percent can't be had of 3 pods: the nearest is v1 66.7, v2 33.3 (pods: v1 2, v2 1); 4 pods come within 5 points: pulumi config set --path total.notification 4",
        );
        assert.equal(describeShortfall("n", { v1: 75, v2: 25 }, replicasFor({ v1: 75, v2: 25 }, 4, versions)), "");
    });
    it("refuse a total that leaves a version without a pod", () => {
        assert.deepEqual(totalProblems("total.n", { v1: 50, v2: 50 }, 1)[0]?.fix, "pulumi config set --path total.n 2");
    });
    it("give back the shares that they have", () => assert.deepEqual(sharesOf({ v1: 3, v2: 1 }), { v1: 75, v2: 25 }));
});
