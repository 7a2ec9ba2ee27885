import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { checkRemoval } from "../../components/traffic/judge/checkRemoval";
import { AppliedTraffic, checkStep, ServiceTraffic, StepLimits } from "../../components/traffic/judge/checkStep";
import { judgeStep } from "../../components/traffic/judge/judgeStep";
import { unreadable } from "../../components/traffic/judge/finding";
import { weightOf, Weights } from "../../components/traffic/split/weights";
import { weights } from "../support/weights";

const limits: StepLimits = { maxRaise: 25, stable: { review: "v1" } };
const applied = (v2: number, more: Partial<AppliedTraffic> = {}): AppliedTraffic => ({
    ...proposed(v2),
    readFrom: "state",
    ...more,
});
const proposed = (v2: number, service = "review"): ServiceTraffic => split({ v1: 100 - v2, v2 }, service);
const split = (given: Weights, service = "review"): ServiceTraffic => ({
    service,
    weights: given,
    reachableByHeader: [],
});
const messages = (...args: Parameters<typeof checkStep>): string[] => checkStep(...args).map(({ message }) => message);

describe("checkStep", () => {
    it("refuses a raise of more than maxRaise points, and names the next allowed value and its command", () => {
        assert.deepEqual(checkStep([applied(25)], [proposed(90)], limits), [
            {
                what: "raise",
                services: ["review"],
                version: "v2",
                from: 25,
                to: 90,
                limit: 25,
                next: 50,
                message:
                    "review: v2 25 → 90 is a raise of 65 points; at most 25 a step: try 50, or declare a blue/green switch after a header test",
                fix: "pulumi config set-all --path --plaintext weights.review.v1=50 --plaintext weights.review.v2=50",
            },
        ]);
    });
    it("allows a raise of exactly maxRaise points, and not one more", () => {
        assert.deepEqual(checkStep([applied(25)], [proposed(50)], limits), []);
        assert.equal(checkStep([applied(25)], [proposed(51)], limits).length, 1);
    });
    it("takes a first deployment for no step", () => {
        assert.deepEqual(checkStep([], [proposed(100)], limits), []);
        assert.deepEqual(checkStep([applied(0, { service: "product" })], [proposed(100)], limits), []);
    });
    it("counts the larger raise where the state and the cluster differ, and shows both", () => {
        const views = [applied(50), applied(10, { readFrom: "cluster" })];
        assert.deepEqual(messages(views, [proposed(60)], limits), [
            "review: v2 10 → 60 is a raise of 50 points (the state has v2 50, the cluster has v2 10); at most 25 a step: try 35, or declare a blue/green switch after a header test",
        ]);
        assert.equal(messages([applied(10), applied(50, { readFrom: "cluster" })], [proposed(60)], limits).length, 1);
    });
    it("lets nobody pass by moving three versions at once", () => {
        const from = { ...applied(0), weights: { v1: 100, v2: 0, v3: 0 } };
        const [finding, ...others] = checkStep([from], [split({ v1: 50, v2: 25, v3: 25 })], limits);
        assert.deepEqual(others, []);
        assert.equal(finding?.what, "together");
    });

    describe("of several services", () => {
        const two = [applied(0), applied(0, { service: "product" })];
        it("adds up what a request meets on its way, and proposes the services one after the other", () => {
            const [finding, ...others] = checkStep(two, [proposed(20, "product"), proposed(20)], limits);
            assert.deepEqual(others, []);
            assert.equal(
                finding?.message,
                "product v2 0 → 20, review v2 0 → 20 are together a raise of 40 points; at most 25 a step: try product v2 20, review v2 5",
            );
            assert.deepEqual(finding?.services, ["product", "review"]);
            assert.equal(
                finding?.fix,
                "pulumi config set-all --path --plaintext weights.product.v1=80 --plaintext weights.product.v2=20 && " +
                    "pulumi config set-all --path --plaintext weights.review.v1=95 --plaintext weights.review.v2=5",
            );
        });
        it("has a limit of its own for that, and none from 100 on", () => {
            const both = [proposed(20, "product"), proposed(20)];
            assert.deepEqual(checkStep(two, both, { ...limits, maxRaiseTogether: 40 }), []);
            assert.deepEqual(checkStep(two, both, { ...limits, maxRaiseTogether: 100 }), []);
        });
        it("tells every service's raise, not only the first", () => {
            assert.equal(checkStep(two, [proposed(90, "product"), proposed(90)], limits).length, 3);
        });
    });

    describe("of a declared blue/green switch", () => {
        const declared = { ...limits, blueGreen: { review: "v2" } };
        const tested = { reachableByHeader: ["v2"], readyPods: { v1: 2, v2: 2 } };
        it("allows it where testers could reach the version and it has as many ready pods as stable", () => {
            assert.deepEqual(checkStep([applied(0, tested)], [proposed(100)], declared), []);
            assert.equal(checkStep([applied(0, tested)], [proposed(100)], limits).length, 1);
        });
        it("refuses it without a header route in what is applied, whatever is proposed", () => {
            const withHeader = { ...proposed(100), reachableByHeader: ["v2"] };
            const found = checkStep([applied(0, { ...tested, reachableByHeader: [] })], [withHeader], declared);
            assert.deepEqual(
                found.map(({ what, message }) => [what, message]),
                [
                    [
                        "switch-untested",
                        "review: v2 0 → 100 is declared as a blue/green switch, but no header leads to v2 in what is applied: apply a header route and test v2 first",
                    ],
                ],
            );
        });
        it("refuses it with fewer ready pods than stable, with none, or when they could not be counted", () => {
            const message = (readyPods?: Record<string, number>): string[] =>
                messages([applied(0, { ...tested, readyPods })], [proposed(100)], declared);
            const begin = "review: v2 0 → 100 is declared as a blue/green switch, but";
            assert.deepEqual(message({ v1: 3, v2: 1 }), [
                `${begin} v2 has 1 ready pods and v1 3: it needs as many, and one at least`,
            ]);
            assert.equal(message({}).length, 1);
            assert.deepEqual(message(undefined), [`${begin} its ready pods could not be counted`]);
        });
        it("covers neither another version nor a stop on the way", () => {
            assert.equal(
                messages([applied(0, tested)], [proposed(100)], { ...limits, blueGreen: { review: "v3" } }).length,
                1,
            );
            assert.match(messages([applied(0, tested)], [proposed(90)], declared).join(), /raise of 90 points/);
        });
        it("needs every view of what is applied to have the header", () => {
            const views = [applied(0, tested), applied(0, { readFrom: "cluster", readyPods: tested.readyPods })];
            assert.equal(checkStep(views, [proposed(100)], declared).length, 1);
        });
    });

    const views = fc
        .array(weights(), { minLength: 1, maxLength: 2 })
        .map((all): AppliedTraffic[] =>
            all.map((one, index) => ({ ...split(one), readFrom: index === 0 ? "state" : "cluster" })),
        );
    const anyLimits = fc.record({
        maxRaise: fc.integer({ min: 1, max: 100 }),
        maxRaiseTogether: fc.integer({ min: 1, max: 100 }),
        stable: fc.constant({ review: "v1" }),
    });

    it("never refuses a move towards stable, however large", () => {
        fc.assert(
            fc.property(views, fc.tuple(percent(), percent()), anyLimits, (now, [keep2, keep3], given) => {
                const least = (version: string): number =>
                    Math.min(...now.map((view) => weightOf(view.weights, version)));
                const [v2, v3] = [Math.floor((least("v2") * keep2) / 100), Math.floor((least("v3") * keep3) / 100)];
                return checkStep(now, [split({ v1: 100 - v2 - v3, v2, v3 })], given).length === 0;
            }),
        );
    });

    it("proposes only what it would itself allow", () => {
        fc.assert(
            fc.property(views, weights(), anyLimits, (now, to, given) => {
                const found = checkStep(now, [split(to)], given);
                const fixed = found.at(-1)?.fix;
                if (!fixed) return found.length === 0;
                const next = Object.fromEntries(
                    [...fixed.matchAll(/weights\.review\.(v\d)=(\d+)/g)].map(([, version, weight]) => [
                        version ?? "",
                        Number(weight),
                    ]),
                );
                assert.equal(
                    Object.values(next).reduce((sum, weight) => sum + weight, 0),
                    100,
                );
                const left = checkStep(now, [split(next)], given);
                // What one version may do alone may still be too much for two together: that is then the next finding.
                return (
                    left.every(({ what }) => what === "together") &&
                    (found.at(-1)?.what !== "together" || left.length === 0)
                );
            }),
        );
    });

    it("lets no sequence of accepted steps, failures and rollbacks raise a version by more than the limit in one step", () => {
        const action = fc.oneof(
            fc.record({ kind: fc.constant("up" as const), to: weights(), fails: fc.boolean() }),
            fc.record({ kind: fc.constant("rollback" as const) }),
            fc.record({ kind: fc.constant("kubectl" as const), to: weights() }),
        );
        fc.assert(
            fc.property(fc.array(action, { maxLength: 30 }), anyLimits, (history, given) => {
                let [state, cluster] = [allStable, allStable];
                for (const act of history) {
                    if (act.kind === "kubectl") {
                        cluster = act.to;
                        continue;
                    }
                    const to = act.kind === "rollback" ? allStable : act.to;
                    const seen = [
                        { ...split(state), readFrom: "state" as const },
                        { ...split(cluster), readFrom: "cluster" as const },
                    ];
                    const refused = checkStep(seen, [split(to)], given).length > 0;
                    assert.ok(!refused || act.kind === "up", "a rollback is refused");
                    if (refused || (act.kind === "up" && act.fails)) continue;
                    for (const before of [state, cluster])
                        for (const version of ["v2", "v3"])
                            assert.ok(weightOf(to, version) - weightOf(before, version) <= given.maxRaise);
                    [state, cluster] = [to, to];
                }
            }),
        );
    });
});

const allStable: Weights = { v1: 100, v2: 0, v3: 0 };
const percent = (): fc.Arbitrary<number> => fc.integer({ min: 0, max: 100 });

describe("judgeStep", () => {
    const seen = { applied: [], findings: [unreadable("review", "its weights are text")] };
    it("refuses a service whose applied traffic can't be read, and no other", () => {
        assert.equal(judgeStep(seen, [proposed(1)], limits).length, 1);
        assert.deepEqual(judgeStep(seen, [proposed(1, "product")], limits), []);
    });
    it("lets everybody back to stable even then", () => {
        assert.deepEqual(judgeStep(seen, [proposed(0)], limits), []);
    });
});

describe("checkRemoval", () => {
    it("refuses to remove a version that has requests or a header, in any view", () => {
        assert.deepEqual(
            checkRemoval("review", [applied(0), applied(20, { readFrom: "cluster" })], ["v2"]).map(
                (one) => one.message,
            ),
            ["review: v2 still has 20 % of the requests: move them away in a step of its own, then remove v2"],
        );
        assert.match(
            checkRemoval("review", [applied(0, { reachableByHeader: ["v2"] })], ["v2"])[0]?.message ?? "",
            /v2 still is reached by a header/,
        );
    });
    it("lets a drained version go", () => {
        assert.deepEqual(checkRemoval("review", [applied(0), applied(50, { service: "product" })], ["v2"]), []);
    });
});
