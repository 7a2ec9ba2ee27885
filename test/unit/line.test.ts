import * as assert from "node:assert/strict";
import { Refused } from "../../cluster/refused";
import { Driver } from "../../rollout/release/driver";
import { stopIn, stopWords } from "../../rollout/release/line";
import { goTo } from "../../rollout/release/verbs/goto";
import { rollback } from "../../rollout/release/verbs/rollback";
import { undo } from "../../rollout/release/verbs/undo";
import { ManyServices } from "../support/manyServices";

describe("a line that somebody has stopped", () => {
    const { now } = Date;
    const stop = { since: "2026-11-26T03:00:00.000Z", by: "ann@desk", reason: "INC-7", stack: "prod" };
    let stack: ManyServices;
    before(() => (Date.now = () => (stack?.seconds ?? 0) * 1000));
    after(() => (Date.now = now));
    beforeEach(() => {
        stack = new ManyServices({ review: { weights: { v1: 75, v2: 25 } } });
        stack.declare("review", { to: "v2", steps: "25,50,100", bake: "30s" });
        const { settings } = stack;
        // Nothing here measures how long requests take.
        stack.settings = async () => {
            const all = await settings.call(stack);
            return Object.fromEntries(
                Object.entries(all).map(([name, one]) => [
                    name,
                    one instanceof Error ? one : { ...one, gate: { latency: false as const } },
                ]),
            );
        };
    });
    const drive = () => new Driver("review", stack.one("review"), { hasHeader: true }).run();
    const refusal =
        /^The line is stopped since 2026-11-26T03:00:00.000Z by ann@desk: INC-7 .*\n {2}fix: npx upshift go-on$/;
    const isRefusal = (error: Error): boolean => error instanceof Refused && refusal.test(error.message);

    it("lets no release begin, nor goto nor undo, and nothing is changed", async () => {
        stack.stop = stop;
        await assert.rejects(drive(), isRefusal);
        await assert.rejects(
            goTo([{ service: "review", hands: stack.one("review") }], "50", { hasHeader: true }),
            isRefusal,
        );
        const point = { version: 1, at: "", message: "", succeeded: true, weights: { review: { v1: 100, v2: 0 } } };
        await assert.rejects(
            undo([point], stack, () => Promise.resolve(true)),
            isRefusal,
        );
        assert.deepEqual(stack.done, []);
    });
    it("lets everybody back to stable", async () => {
        stack.stop = stop;
        await rollback("review", stack);
        assert.deepEqual(stack.applied.review?.weights, { v1: 100, v2: 0 });
    });
    it("holds a driver before its next step, and lets it go on from there", async () => {
        const waited = () => stack.events.filter(({ kind }) => kind === "waits").length;
        stack.onRest = () => (stack.stop = stack.seconds >= 10 && waited() < 4 ? stop : undefined);
        assert.equal(await drive(), "done");
        const waits = stack.events.flatMap((one) => (one.kind === "waits" ? [one] : []));
        assert.equal(waits.length, 4);
        assert.match(waits[0]?.why ?? "", /stopped since .* by ann@desk: INC-7 .*To go on: npx upshift go-on$/);
        assert.equal(waits[0]?.step, "50");
        assert.deepEqual(stack.applied.review?.weights, { v1: 0, v2: 100 });
    });
    it("has users given back meanwhile where the version turns out to be worse", async () => {
        stack.onRest = () => {
            if (stack.seconds >= 10) stack.stop = stop;
            if (stack.seconds >= 120) stack.failing = 100;
        };
        assert.equal(await drive(), "rolledBack");
        assert.deepEqual(stack.applied.review?.weights, { v1: 100, v2: 0 });
        assert.ok(!stack.events.some((one) => one.kind === "step"));
    });
    it("ends a release whose first step was not taken yet: nobody looks at what has not begun", async () => {
        stack.applied.review = { weights: { v1: 100, v2: 0 } };
        const hands = stack.one("review");
        let asked = 0;
        const driver = new Driver(
            "review",
            { ...hands, stopped: async () => (asked++ === 0 ? undefined : stop) },
            { hasHeader: true },
        );
        assert.equal(await driver.run(), "held");
        assert.match(
            stack.words,
            /Nothing of the release was begun\.\n {2}fix: npx upshift go-on, then npx upshift release review/,
        );
        assert.deepEqual(stack.done, []);
    });
    it("is told by what its tag says, also where somebody has written that by hand", () => {
        assert.deepEqual(stopIn("2026-11-26T03:00:00.000Z ann@desk the disk is full\n"), {
            since: "2026-11-26T03:00:00.000Z",
            by: "ann@desk",
            reason: "the disk is full",
        });
        assert.equal(
            stopWords({ ...stopIn("please wait"), stack: "dev" }),
            "The line is stopped since an unknown time by somebody: please wait (said on stack dev).",
        );
        assert.match(stopWords({ ...stopIn("2026-11-26T03:00Z ann@desk"), stack: "dev" }), /by ann@desk \(said on/);
    });
});
