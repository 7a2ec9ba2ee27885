import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import {
    entryOf,
    type LiveStages,
    nothingLive,
    orderOf,
    orderProblems,
    planPairs,
} from "../../components/traffic/split/pairs";
import { type PairPlan, smokeServes, Stage, stageOf } from "../../components/traffic/split/pairs";
import { type VersionName, weightOf, type Weights } from "../../components/traffic/split/weights";

/** What a config can ask for: one or two of three versions, split or not, with or without a header. */
interface Asked {
    versions: readonly VersionName[];
    stable: VersionName;
    weights: Weights;
    headerTo?: VersionName | undefined;
}

const asked = (): fc.Arbitrary<Asked> =>
    fc
        .record({
            versions: fc.subarray(["v1", "v2", "v3"], { minLength: 1, maxLength: 2 }),
            share: fc.constantFrom(0, 30, 100),
            stableFirst: fc.boolean(),
            header: fc.constantFrom(undefined, 0, 1),
        })
        .map(({ versions: [first = "v1", second], share, stableFirst, header }) => {
            const versions = second ? [first, second] : [first];
            const weights = second ? { [first]: share, [second]: 100 - share } : { [first]: 100 };
            return {
                versions,
                stable: stableFirst ? first : (second ?? first),
                weights,
                headerTo: header === undefined ? undefined : versions[header],
            };
        })
        .filter(({ versions, stable, weights, headerTo }) => {
            const plan = planPairs(weights, stable, versions);
            return headerTo === undefined || stageOf(plan, headerTo) !== undefined;
        });

const planned = ({ weights, stable, versions }: Asked): PairPlan => planPairs(weights, stable, versions);

/** What runs once a step is made. */
function liveAfter(made: Asked): LiveStages {
    const plan = planned(made);
    const runs = (version: VersionName) => ({ version, pair: version });
    const smokeShare = plan.smoke && stageOf(plan, plan.smoke) === Stage.Smoke ? weightOf(made.weights, plan.smoke) : 0;
    return { active: runs(plan.active), ...(plan.smoke && { smoke: runs(plan.smoke) }), smokeShare };
}

/** The versions that users without a header can meet at each moment of a step: a stage that rolls has both of its versions. */
function momentsOf(from: Asked, to: Asked): (VersionName | undefined)[][] {
    const [before, after] = [planned(from), planned(to)];
    const order = orderOf(liveAfter(from), after, smokeServes(after, to.weights, to.headerTo));
    const running = new Map<Stage, (VersionName | undefined)[]>([
        [Stage.Active, [before.active]],
        [Stage.Smoke, [before.smoke]],
    ]);
    let routed = from;
    const moments: (VersionName | undefined)[][] = [];
    const look = (): void => {
        const plan = planned(routed);
        const serving = routed.versions.filter((version) => weightOf(routed.weights, version) > 0);
        moments.push(serving.flatMap((version) => running.get(stageOf(plan, version) ?? Stage.Active) ?? []));
    };
    const roll = (stage: Stage): void => {
        const version = stage === Stage.Active ? after.active : after.smoke;
        running.set(stage, [...(running.get(stage) ?? []).filter(Boolean), version]);
        look();
        running.set(stage, [version]);
        look();
    };
    order.beforeRoutes.forEach(roll);
    routed = to;
    look();
    order.afterRoutes.forEach(roll);
    // What the program does not name any more goes last.
    if (!after.smoke) running.set(Stage.Smoke, [undefined]);
    look();
    return moments;
}

describe("pairs", () => {
    it("active runs the version with 100 percent, smoke the one next to stable, also after it was taken over", () => {
        assert.deepEqual(planPairs({ v1: 100 }, "v1", ["v1"]), { active: "v1" });
        assert.deepEqual(planPairs({ v1: 100, v2: 0 }, "v1", ["v1", "v2"]), { active: "v1", smoke: "v2" });
        assert.deepEqual(planPairs({ v1: 70, v2: 30 }, "v1", ["v1", "v2"]), { active: "v1", smoke: "v2" });
        assert.deepEqual(planPairs({ v1: 0, v2: 100 }, "v1", ["v1", "v2"]), { active: "v2", smoke: "v2" });
        assert.deepEqual(planPairs({ v2: 100, v3: 0 }, "v2", ["v2", "v3"]), { active: "v2", smoke: "v3" });
    });
    it("sends each version to the stage that runs it, and to active where both do", () => {
        assert.deepEqual(entryOf({ active: "v1", smoke: "v2" }), { v1: "frontend-active", v2: "frontend-smoke" });
        assert.deepEqual(entryOf({ active: "v2", smoke: "v2" }), { v2: "frontend-active" });
    });
    it("runs every version that has a share", () => {
        fc.assert(
            fc.property(asked(), (one) =>
                one.versions.every((version) => weightOf(one.weights, version) === 0 || stageOf(planned(one), version)),
            ),
        );
    });
    it("makes the first step with all stages before the routes that need them", () => {
        assert.deepEqual(orderOf(nothingLive, { active: "v1", smoke: "v2" }, true), {
            beforeRoutes: [Stage.Active, Stage.Smoke],
            afterRoutes: [],
        });
    });
    it("upgrades active before the routes leave smoke, and downgrades it after they came back", () => {
        const split = { versions: ["v1", "v2"], stable: "v1", weights: { v1: 70, v2: 30 } };
        const whole = { ...split, weights: { v1: 0, v2: 100 } };
        assert.deepEqual(orderOf(liveAfter(split), planned(whole), false).beforeRoutes, [Stage.Active]);
        assert.deepEqual(orderOf(liveAfter(whole), planned(split), true).afterRoutes, [Stage.Active]);
    });
    it("refuses to change smoke under users to a version without a share", () => {
        const live = { active: { version: "v1", pair: "v1" }, smoke: { version: "v2", pair: "v2" }, smokeShare: 30 };
        const [problem] = orderProblems(live, { active: "v2", smoke: "v3" }, { v2: 100, v3: 0 }, "v3");
        assert.match(problem?.message ?? "", /serves 30 % of the users as v2, and can't become v3/);
        assert.deepEqual(orderProblems(live, { active: "v1", smoke: "v3" }, { v1: 70, v3: 30 }), []);
    });
    it("at no moment of an accepted step is a user led to where nothing runs, or meets a version without a share before and after", () => {
        fc.assert(
            fc.property(asked(), asked(), (from, to) => {
                if (orderProblems(liveAfter(from), planned(to), to.weights, to.headerTo).length > 0) return true;
                return momentsOf(from, to).every((met) =>
                    met.every(
                        (version) =>
                            version !== undefined &&
                            (weightOf(from.weights, version) > 0 || weightOf(to.weights, version) > 0),
                    ),
                );
            }),
            { numRuns: 2000 },
        );
    });
});
