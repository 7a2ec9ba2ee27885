import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { changesBetween } from "../../components/traffic/effect/changes";
import { movesIn } from "../../components/traffic/effect/moves";
import { placed, type Placed } from "../../components/traffic/world/objects";
import { bodyAt } from "../../components/traffic/world/values";
import { byHeader, codes, judged, routes, service, type Split, told, world } from "../support/worlds";

/** A service review of a namespace, with a share of v2. */
const review = (namespace: string, v2: number, stable: string, { marks, ...more }: Split = {}): Placed[] =>
    service({ namespace, weights: { v1: 100 - v2, v2 }, marks: { stable, ...marks }, ...more });
/** When objects were made: a proxy, and who reads marks, goes by the oldest. */
const made = (year: number, objects: readonly Placed[]): Placed[] =>
    objects.map(({ kind, body }) =>
        placed(kind, {
            ...body,
            metadata: { ...bodyAt(body, "metadata"), creationTimestamp: `${year}-01-01T00:00:00Z` },
        }),
    );
const prod = (v2: number, more?: Split): Placed[] => made(2025, review("prod", v2, "v1", more));

describe("the judge of services of one name in two namespaces", () => {
    for (const [age, year] of [
        ["older", 2024],
        ["younger", 2026],
    ] as const) {
        const dev = made(year, review("dev", 100, "v2"));
        it(`knows each by its own stable version, where the other is ${age}`, () => {
            assert.deepEqual(told(world(dev, prod(0)), world(dev, prod(100))), [
                "review in prod: v2 0 → 100 is a raise of 100 points; at most 25 a step: try 25, or declare a blue/green switch after a header test",
            ]);
            assert.deepEqual(told(world(dev, prod(60)), world(dev, prod(0))), []);
            assert.deepEqual(told(world(prod(0), made(year, review("dev", 40, "v2"))), world(prod(0), dev)), []);
        });
        it(`lets the mark of one move, where the other is ${age}`, () => {
            const moved = made(2025, review("prod", 100, "v2"));
            assert.deepEqual(told(world(dev, prod(100)), world(dev, moved)), []);
            const other = made(year, review("dev", 0, "v1"));
            assert.deepEqual(told(world(other, prod(100)), world(other, moved)), []);
            assert.deepEqual(codes(world(dev, prod(50)), world(dev, made(2025, review("prod", 50, "v2")))), [
                "stable-moved",
            ]);
        });
    }
    it("tells who moves by its namespace, and by its name alone where no other has that", () => {
        const dev = made(2024, review("dev", 0, "v1"));
        const moved = ["~ review in prod: v1 100 → 80, v2 0 → 20"];
        assert.deepEqual(movesIn(changesBetween(world(dev, prod(0)), world(dev, prod(20)))), moved);
        assert.deepEqual(movesIn(changesBetween(world(prod(0)), world(prod(20)))), [
            "~ review: v1 100 → 80, v2 0 → 20",
        ]);
    });
    it("says of one what it would say of it alone, whatever the other is", () => {
        const share = fc.integer({ min: 0, max: 100 });
        const marks = fc.record({
            stable: fc.constantFrom("v1", "v2"),
            maxRaise: fc.constantFrom(5, 25, 100),
            blueGreen: fc.constantFrom(undefined, "v2"),
            group: fc.constantFrom(undefined, "one"),
        });
        fc.assert(
            fc.property(share, share, share, marks, fc.boolean(), (from, to, beside, other, isOlder) => {
                const dev = made(isOlder ? 2024 : 2026, review("dev", beside, other.stable, { marks: other }));
                const together = judged(world(dev, prod(from)), world(dev, prod(to))).findings;
                const alone = judged(world(prod(from)), world(prod(to))).findings;
                assert.deepEqual(
                    together,
                    alone.map((one) => ({ ...one, namespace: "prod" })),
                );
            }),
            { numRuns: 200 },
        );
    });
    it("counts ready pods and tests for a switch in its own namespace alone", () => {
        const testers = { rules: [byHeader("v2")] };
        const dev = review("dev", 0, "v1", testers);
        const declared = { marks: { blueGreen: "v2" } };
        const tested = { ...testers, ...declared };
        assert.deepEqual(told(world(dev, prod(0, tested)), world(dev, prod(100, tested))), []);
        assert.deepEqual(codes(world(dev, prod(0, declared)), world(dev, prod(100, declared))), ["switch-untested"]);
    });
    it("adds them up where one step raises both, and says which is which", () => {
        const both = (v2: number) => world(review("prod", v2, "v1"), review("stage", v2, "v1"));
        const [finding, ...others] = judged(both(0), both(20)).findings;
        assert.deepEqual(others, []);
        assert.equal(finding?.fix, undefined);
        assert.match(
            told(both(0), both(20)).join(),
            /^review in prod v2 0 → 20, review in stage v2 0 → 20 are together a raise of 40 points/,
        );
    });
    it("takes routes that lead to the same Service for one service, wherever they stand", () => {
        const at = (v2: number): Placed[] => {
            const own = routes({ namespace: "shop", weights: { v1: 100 - v2, v2 } });
            const host = "review.shop.svc.cluster.local";
            const route = [
                { destination: { host, subset: "v1" }, weight: 100 - v2 },
                { destination: { host, subset: "v2" }, weight: v2 },
            ];
            const metadata = { ...bodyAt(own.body, "metadata"), name: "edge", namespace: "istio-ingress" };
            const spec = { hosts: ["shop.example.com"], gateways: ["gw"], http: [{ name: "weighted", route }] };
            return [...service({ isUnrouted: true }), own, placed("VirtualService", { metadata, spec })];
        };
        assert.deepEqual(told(world(at(0)), world(at(20))), []);
        assert.match(told(world(at(0)), world(at(60))).join(), /^review: v2 0 → 60 is a raise/);
        assert.deepEqual(told(world(at(60)), world(at(0))), []);
    });
});
