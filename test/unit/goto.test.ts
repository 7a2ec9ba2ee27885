import * as assert from "node:assert/strict";
import { Refused } from "../../cluster/refused";
import { UserError } from "../../components/userError";
import { ExitCode } from "../../rollout/exitCode";
import type { Values, WeightsOf } from "../../rollout/release/hands";
import { goTo, type GotoOptions } from "../../rollout/release/verbs/goto";
import { ManyServices } from "../support/manyServices";

describe("upshift goto", () => {
    let stack: ManyServices;
    const made = (v2: number, more: Record<string, string> = {}, headerTo?: string): ManyServices =>
        (stack = new ManyServices({
            review: { weights: { v1: 100 - v2, v2 }, ...(headerTo && { headerTo }) },
        }).declare("review", { to: "v2", ...more }));
    const run = (step: string, options: Partial<GotoOptions> = {}): Promise<ExitCode> =>
        goTo([{ service: "review", hands: stack.one("review") }], step, { hasHeader: true, ...options });
    const taken = (): string[] => stack.events.flatMap((one) => (one.kind === "step" ? [one.step] : []));
    const share = (): number | undefined => stack.applied.review?.weights.v2;

    it("goes up by every step on the way, and past pauses, which wait for nobody here", async () => {
        made(0, { steps: "header,10,pause,25,50,100" });
        assert.equal(await run("50"), ExitCode.Well);
        assert.deepEqual(taken(), ["header", "10", "25", "50"]);
        assert.deepEqual([share(), stack.applied.review?.headerTo], [50, "v2"]);
        assert.match(stack.words, /No gate has looked at it.*npx upshift release review$/);
    });
    it("goes down at once, also to a step between", async () => {
        made(50, {}, "v2");
        assert.equal(await run("10 %"), ExitCode.Well);
        assert.deepEqual([taken(), share()], [["10"], 10]);
        await run("header");
        assert.deepEqual([share(), stack.applied.review?.headerTo], [0, "v2"]);
    });
    it("does nothing where it is there", async () => {
        made(25);
        assert.equal(await run("25"), ExitCode.Well);
        assert.deepEqual(stack.done, []);
    });
    describe("of services that are released as one", () => {
        const both = (review: number, product: number, step: string, more: object = {}): Promise<ExitCode> => {
            const of = (v2: number): { weights: Record<string, number> } => ({ weights: { v1: 100 - v2, v2 } });
            stack = new ManyServices({ review: of(review), product: of(product) });
            for (const name of ["review", "product"]) stack.declare(name, { to: "v2", steps: "10,25,50,100", ...more });
            const members = ["review", "product"].map((service) => ({ service, hands: stack.one(service) }));
            return goTo(members, step, { hasHeader: true });
        };
        const ups = (): string[] => stack.done.flatMap((one) => (one.startsWith("up: ") ? [one.slice(4)] : []));
        const shares = (): unknown[] => Object.values(stack.applied).map(({ weights }) => weights.v2);

        it("takes all of them there, by an update a step", async () => {
            assert.equal(await both(0, 0, "25"), ExitCode.Well);
            assert.deepEqual([shares(), ups().length], [[25, 25], 2]);
            assert.match(ups()[0] ?? "", /^review v2, product v2 go to 25; review v1 90 %, v2 10 %; product v1 90 %/);
            assert.equal(await both(50, 50, "10"), ExitCode.Well);
            assert.deepEqual([shares(), ups().length], [[10, 10], 1]);
        });
        it("takes each there from where it is: one up by its steps, and one that is beyond down at once", async () => {
            assert.equal(await both(50, 0, "25"), ExitCode.Well);
            assert.deepEqual(
                ups().map((one) => one.match(/v2 \d+ %/g)?.join()),
                ["v2 25 %,v2 10 %", "v2 25 %,v2 25 %"],
            );
        });
        it("brings none of them to a version that was aborted", async () => {
            await assert.rejects(both(0, 0, "25", { aborted: "v2" }), /review v2 was aborted/);
            assert.deepEqual(stack.done, []);
        });
    });
    it("goes down to fewer copies than the version gets", async () => {
        const values: unknown[] = [];
        stack = new ManyServices({ review: { weights: { v1: 100, v2: 0 } } });
        stack.declare("review", { to: "v2", steps: "mirror:20,mirror:50,100" });
        const hands = stack.one("review");
        const mirror = { to: "v2", percent: 50 };
        const copied = {
            ...hands,
            isInterrupted: false,
            served: async () => ({ ...(await hands.served()), maxRaise: 100, mirror }),
            write: (given: Values, weights?: WeightsOf) => {
                values.push(given["routing.review.mirror.percent"]);
                return hands.write(given, weights);
            },
        };
        assert.equal(
            await goTo([{ service: "review", hands: copied }], "mirror:20", { hasHeader: true }),
            ExitCode.Well,
        );
        assert.deepEqual(values, [20]);
    });
    it("goes down from copies to the header test, which is not reached while there are copies", async () => {
        const taken: string[] = [];
        stack = new ManyServices({ review: { weights: { v1: 100, v2: 0 }, headerTo: "v2" } });
        stack.declare("review", { to: "v2", steps: "header,mirror:20,50,100" });
        const hands = stack.one("review");
        const copied = {
            ...hands,
            isInterrupted: false,
            served: async () => ({ ...(await hands.served()), mirror: { to: "v2", percent: 20 } }),
            write: (given: Values, weights?: WeightsOf) => {
                taken.push(...Object.keys(given).filter((path) => given[path] === undefined));
                return hands.write(given, weights);
            },
        };
        assert.equal(await goTo([{ service: "review", hands: copied }], "header", { hasHeader: true }), ExitCode.Well);
        assert.deepEqual(taken, ["routing.review.mirror"]);
    });
    it("names the steps that there are", async () => {
        made(0, { steps: "10,pause,50,100" });
        for (const step of ["25", "header", "pause-1"])
            await assert.rejects(run(step), (error: Error) => {
                assert.ok(error instanceof UserError);
                assert.match(error.message, /it has 10, 50, 100\.\n {2}fix: npx upshift goto review 10$/);
                return true;
            });
        assert.deepEqual(stack.done, []);
    });
    it("is refused as a release is that can't be made", async () => {
        made(0, { steps: "10,100" });
        await assert.rejects(run("100"), /10 to 100 is a raise of 90 points; at most 50 a step/);
        assert.deepEqual(stack.done, []);
    });
    it("brings no users to an aborted version without --again, and takes them from one", async () => {
        made(25, { aborted: "v2" });
        await assert.rejects(run("50"), (error: Error) => {
            assert.ok(error instanceof Refused);
            assert.match(error.message, /review v2 was aborted.*\n {2}fix: npx upshift goto review 50 --again/);
            return true;
        });
        await run("10");
        assert.deepEqual([share(), stack.config.get("release.review.aborted")], [10, "v2"]);
        await run("50", { again: true });
        assert.deepEqual([share(), stack.config.get("release.review.aborted")], [50, undefined]);
    });
    it("leaves the config as it was before a step that is refused", async () => {
        made(10, { aborted: "v2" });
        stack.onUp = () => assert.fail("the freeze window is closed");
        await assert.rejects(run("50", { again: true }), /freeze window/);
        assert.deepEqual(
            [stack.config.get("weights.review.v2"), stack.config.get("release.review.aborted")],
            [10, "v2"],
        );
    });
    it("declares a switch on its way up, and says after which step it was interrupted", async () => {
        made(0, { steps: "header,100" });
        stack.onUp = () => (stack.isInterrupted = true);
        assert.equal(await run("100"), ExitCode.Held);
        assert.match(stack.words, /review is at header\.\n {2}fix: npx upshift goto review 100/);
        assert.equal(stack.config.get("blueGreen.review"), "v2");
        stack.isInterrupted = false;
        assert.equal(await run("100"), ExitCode.Well);
        assert.equal(share(), 100);
    });
});
