import * as assert from "node:assert/strict";
import { Refused } from "../../cluster/refused";
import { UserError } from "../../components/userError";
import { ExitCode } from "../../rollout/exitCode";
import { goTo, type GotoOptions } from "../../rollout/release/verbs/goto";
import { ManyServices } from "../support/manyServices";

describe("upshift goto", () => {
    let stack: ManyServices;
    const made = (v2: number, more: Record<string, string> = {}, headerTo?: string): ManyServices =>
        (stack = new ManyServices({
            review: { weights: { v1: 100 - v2, v2 }, ...(headerTo && { headerTo }) },
        }).declare("review", { to: "v2", ...more }));
    const run = (step: string, options: Partial<GotoOptions> = {}): Promise<ExitCode> =>
        goTo("review", step, stack.one("review"), { hasHeader: true, ...options });
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
