import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { Refused } from "../../cluster/refused";
import type { Weights } from "../../components/traffic/split/weights";
import { ExitCode } from "../../rollout/exitCode";
import { type HistoryPoint, pointsIn } from "../../rollout/release/history";
import { areSame, type Journey, wayBetween } from "../../rollout/release/undo/way";
import { undo, type UndoOptions } from "../../rollout/release/verbs/undo";
import { linesOf } from "../../rollout/release/words";
import { ManyServices } from "../support/manyServices";
import { codes, service, world } from "../support/worlds";

/** Updates with these weights, the newest first, numbered so that the oldest is 1. */
function history(...newestFirst: (Partial<HistoryPoint> & Pick<HistoryPoint, "weights">)[]): HistoryPoint[] {
    return newestFirst.map((point, index) => {
        const version = newestFirst.length - index;
        return { version, at: `2026-11-26T01:00:0${version}Z`, message: `step ${version}`, succeeded: true, ...point };
    });
}

describe("upshift undo", () => {
    const { now } = Date;
    let stack: ManyServices;
    before(() => (Date.now = () => (stack?.seconds ?? 0) * 1000));
    after(() => (Date.now = now));
    const made = (applied: ManyServices["applied"]): ManyServices => (stack = new ManyServices(applied));
    const run = (points: HistoryPoint[], options: UndoOptions = {}): Promise<ExitCode> =>
        undo(points, stack, () => Promise.resolve(true), options);
    const review = (v2: number) => ({ weights: { review: { v1: 100 - v2, v2 } } });
    const shares = (): unknown =>
        Object.fromEntries(Object.entries(stack.applied).map(([name, one]) => [name, one.weights]));

    it("brings everybody back to before the last update that moved somebody", async () => {
        made({ review: { weights: { v1: 50, v2: 50 } } });
        assert.equal(await run(history(review(50), review(50), review(25), review(0))), ExitCode.Well);
        assert.deepEqual(shares(), { review: { v1: 75, v2: 25 } });
        assert.match(stack.done.at(-1) ?? "", /^up: undo to update 2, 1 of 1; review v1 75 %, v2 25 %$/);
    });
    it("goes to the newest point at which users were elsewhere, also where the last update failed after it moved them", async () => {
        made({ review: { weights: { v1: 50, v2: 50 } } });
        const failed = { ...review(50), succeeded: false };
        await run(history(failed, review(25), review(0)));
        assert.deepEqual(shares(), { review: { v1: 75, v2: 25 } });
    });
    it("says before anything is changed what it will do, and does nothing where it may not", async () => {
        made({ review: { weights: { v1: 100, v2: 0 } } });
        const points = history(review(0), review(100));
        let seen = "";
        const asked = (): Promise<boolean> => {
            seen = stack.events.flatMap(linesOf).join("\n");
            assert.deepEqual(stack.done, []);
            return Promise.resolve(false);
        };
        assert.equal(await undo(points, stack, asked), ExitCode.Findings);
        assert.match(seen, /^back to update 1 of 2026\S+ \(step 1\), in 2 steps:\n {2}review: v1 100 % → v2 100 %$/);
        assert.deepEqual(stack.done, []);
    });
    it("rises by as many steps as the applied limit asks for, and bakes between them", async () => {
        made({ review: { weights: { v1: 100, v2: 0 }, maxRaise: 30 } }).declare("review", { to: "v2", bake: "20s" });
        assert.equal(await run(history(review(0), review(80))), ExitCode.Well);
        const taken = stack.events.flatMap((one) => (one.kind === "step" ? [one.weights.v2] : []));
        assert.deepEqual(taken, [30, 60, 80]);
        assert.equal(stack.largestRaise, 30);
        assert.equal(stack.seconds, 40);
    });
    it("brings several services back side by side, by an update a step", async () => {
        made({ review: { weights: { v1: 0, v2: 100 } }, cart: { weights: { v1: 100, v2: 0 }, maxRaise: 20 } });
        const then = { weights: { review: { v1: 100, v2: 0 }, cart: { v1: 60, v2: 40 } } };
        const newest = { weights: { review: { v1: 0, v2: 100 }, cart: { v1: 100, v2: 0 } } };
        await run(history(newest, then), { to: 1, bake: "0s" });
        assert.deepEqual(shares(), { review: { v1: 100, v2: 0 }, cart: { v1: 60, v2: 40 } });
        assert.equal(stack.done.filter((one) => one.startsWith("up")).length, 2);
    });
    it("brings the canary header back where that point had one, and leaves it where it had none", async () => {
        made({ review: { weights: { v1: 50, v2: 50 } } });
        stack.config.set("canaryHeader.name", "X-group").set("canaryHeader.prefix", "t").set("canaryHeader.to", "v1");
        const header = { name: "X-group", exact: "test", to: "v2" };
        await run(history(review(50), { ...review(25), header }));
        assert.deepEqual(await stack.header(), header);
        await run(history(review(25), review(50)));
        assert.deepEqual(await stack.header(), header);
    });
    it("undoes a header alone", async () => {
        made({ review: { weights: { v1: 75, v2: 25 } } });
        stack.config.set("canaryHeader.to", "v1");
        await run(history(review(25), { ...review(25), header: { to: "v2" } }), { to: 1 });
        assert.deepEqual(await stack.header(), { to: "v2" });
        assert.equal(stack.applied.review?.headerTo, "v2");
    });
    it("has a driver end that would raise the version again, and starts no aborted one without --again", async () => {
        made({ review: { weights: { v1: 50, v2: 50 } } }).declare("review", { to: "v2" });
        const points = history(review(50), review(25));
        await run(points);
        assert.equal(stack.config.get("release.review.aborted"), "v2");
        const refused = await run(points).catch((error: Error) => error);
        assert.ok(refused instanceof Refused);
        assert.match(refused.message, /review v2 was aborted.*\n {2}fix: npx upshift undo --again/);
        assert.deepEqual(shares(), { review: { v1: 75, v2: 25 } });
        assert.equal(await run(points, { again: true }), ExitCode.Well);
        assert.equal(stack.config.get("release.review.aborted"), undefined);
        assert.deepEqual(shares(), { review: { v1: 50, v2: 50 } });
    });
    it("leaves the config as it was before a step that is refused", async () => {
        made({ review: { weights: { v1: 50, v2: 50 } } }).declare("review", { to: "v2" });
        stack.onUp = () => assert.fail("the policy says no");
        await assert.rejects(run(history(review(50), review(25))), /the policy says no/);
        assert.equal(stack.config.get("weights.review.v2"), 50);
        assert.equal(stack.config.get("release.review.aborted"), undefined);
    });
    it("says so where the routes do not follow the config", async () => {
        made({ review: { weights: { v1: 50, v2: 50 } } });
        stack.up = () => Promise.resolve();
        await assert.rejects(run(history(review(50), review(25))), /weights\.review\.v2, and the routes do not follow/);
    });
    it("holds where it is interrupted, and says how it goes on", async () => {
        made({ review: { weights: { v1: 100, v2: 0 } } });
        stack.onRest = () => (stack.isInterrupted = true);
        assert.equal(await run(history(review(0), review(100))), ExitCode.Held);
        assert.match(stack.words, /1 of 2 steps back\.\n {2}fix: npx upshift undo --to 1/);
    });
    it("takes the weights of a project with one service for that one's", async () => {
        made({ web: { weights: { v1: 50, v2: 50 } } });
        await run(history({ weights: { "": { v1: 50, v2: 50 } } }, { weights: { "": { v1: 90, v2: 10 } } }));
        assert.deepEqual(shares(), { web: { v1: 90, v2: 10 } });
    });
    it("does nothing where everybody is there already", async () => {
        made({ review: { weights: { v1: 75, v2: 25 } } });
        assert.equal(await run(history(review(25), review(0)), { to: 2 }), ExitCode.Well);
        assert.deepEqual(stack.done, []);
        assert.match(stack.words, /Everybody is where update 2 had them/);
    });

    describe("is refused before anything is changed", () => {
        const refused = async (points: HistoryPoint[], options: UndoOptions, expected: RegExp): Promise<void> => {
            await assert.rejects(run(points, options), expected);
            assert.deepEqual(stack.done, []);
        };
        beforeEach(() => made({ review: { weights: { v2: 100, v3: 0 }, stable: "v2" } }));

        it("where that point has a version that is gone, with the way to bring it back", () =>
            refused(
                history({ weights: { review: { v2: 100, v3: 0 } } }, review(25)),
                {},
                /no way back to update 1; nothing was changed:\nreview had v1 75 %, and its routes have no v1 any more; they have v2, v3\.\n {2}fix: deploy v1 beside the others with weight 0, then npx upshift undo --to 1/,
            ));
        it("where a service is split no more", () =>
            refused(
                history(
                    { weights: { review: { v2: 100 } } },
                    { weights: { review: { v2: 90, v3: 10 }, old: { v1: 100 } } },
                ),
                {},
                /old is split no more\.\n {2}fix: bring it back into the program/,
            ));
        it("where one was elsewhere that it can't move, such as a chain", () => {
            stack.others.push({ service: "edge", stable: "v1", weights: { v1: 50, v2: 50 }, why: "edge is a chain" });
            return refused(
                history({ weights: { edge: { v1: 50, v2: 50 } } }, { weights: { edge: { v1: 100, v2: 0 } } }),
                {},
                /edge was elsewhere, too, and can't be moved so: edge is a chain/,
            );
        });
        it("where the update failed, or is none, with the one before it", async () => {
            const points = history(review(0), { ...review(50), succeeded: false }, review(25));
            await refused(points, { to: 2 }, /Update 2 did not succeed.*\n {2}fix: npx upshift undo --to 1/);
            await refused(points, { to: 9 }, /has no update 9\.\n {2}fix: npx upshift undo --to 3/);
        });
        it("where nobody was ever elsewhere", () =>
            refused(
                history({ weights: { review: { v2: 100 } } }),
                {},
                /No update of this stack had its users elsewhere/,
            ));
        it("where stable has no users, from where the guards raise nobody", () => {
            made({ review: { weights: { v1: 0, v2: 100, v3: 0 } } });
            return refused(
                history({ weights: { review: { v2: 100 } } }, { weights: { review: { v2: 50, v3: 50 } } }),
                {},
                /v1 is the stable version of review and has no users.*\n {2}fix: npx upshift finish review, or first npx upshift rollback review/,
            );
        });
    });

    describe("the steps of the way", () => {
        const names = ["v1", "v2", "v3"];
        const weights = fc
            .tuple(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 100 }))
            .map(([one, two]) => {
                const [least = 0, most = 0] = [one, two].sort((a, b) => a - b);
                return { v1: least, v2: most - least, v3: 100 - most };
            });
        const journeys = fc
            .array(fc.tuple(weights, weights), { minLength: 1, maxLength: 3 })
            .chain((all) =>
                fc.tuple(fc.constant(all), fc.integer({ min: 5, max: 60 }), fc.integer({ min: 5, max: 120 })),
            )
            .map(([all, maxRaise, together]) =>
                all.map(([from, to], index): Journey => ({
                    service: `s${index}`,
                    from,
                    to,
                    stable: "v1",
                    maxRaise: Math.min(maxRaise, together),
                    maxRaiseTogether: together,
                    group: "",
                })),
            )
            // Where stable serves nobody the guards raise nobody: an undo is refused there.
            .filter((all) => all.every(({ from }) => from.v1 !== undefined && from.v1 > 0));
        const worldOf = (all: readonly Journey[], at: Readonly<Record<string, Weights>>) =>
            world(
                ...all.map(({ service: name, maxRaise, maxRaiseTogether }) =>
                    service({ name, weights: at[name] ?? {}, versions: names, marks: { maxRaise, maxRaiseTogether } }),
                ),
            );

        it("are all let through by the judge of the guards, and lead there", () => {
            fc.assert(
                fc.property(journeys, (all) => {
                    let at: Record<string, Weights> = Object.fromEntries(
                        all.map(({ service, from }) => [service, from]),
                    );
                    for (const step of wayBetween(all)) {
                        const next = { ...at, ...step };
                        assert.deepEqual(codes(worldOf(all, at), worldOf(all, next)), [], JSON.stringify([at, next]));
                        at = next;
                    }
                    for (const { service, to } of all) assert.ok(areSame(at[service] ?? {}, to));
                }),
            );
        });
        it("are none where everybody is there, and one where all that moves goes to stable", () => {
            const journey = { service: "s", stable: "v1", maxRaise: 10, maxRaiseTogether: 100, group: "" };
            const at = { v1: 30, v2: 70 };
            assert.deepEqual(wayBetween([{ ...journey, from: at, to: { v1: 30, v2: 70, v3: 0 } }]), []);
            assert.deepEqual(wayBetween([{ ...journey, from: at, to: { v1: 100, v2: 0 } }]), [
                { s: { v1: 100, v2: 0 } },
            ]);
        });
    });
});

describe("the points of a stack's history", () => {
    it("are its updates with weights and header, the newest first, and nothing that took the stack away", () => {
        const update = (version: number, kind: string, more: object = {}) => ({
            version,
            kind,
            startTime: `2026-11-26T01:00:0${version}.000Z`,
            result: "succeeded",
            config: {
                "shop:weights": { value: '{"review":{"v1":90,"v2":10}}' },
                "shop:canaryHeader": { value: '{"name":"X-group","exact":1,"to":"v2"}' },
            },
            ...more,
        });
        const printed = [
            update(1, "update"),
            update(2, "destroy"),
            update(3, "update", { result: "failed", config: {} }),
        ];
        const [third, first, ...others] = pointsIn(JSON.stringify(printed), "shop");
        assert.deepEqual(others, []);
        assert.deepEqual([third?.version, third?.succeeded, third?.weights, third?.header], [3, false, {}, undefined]);
        assert.deepEqual(first?.weights, { review: { v1: 90, v2: 10 } });
        assert.deepEqual(first?.header, { name: "X-group", exact: "1", to: "v2" });
    });
});
