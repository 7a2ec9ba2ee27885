import * as assert from "node:assert/strict";
import { Refused } from "../../cluster/refused";
import { ExitCode } from "../../rollout/exitCode";
import type { Reading } from "../../rollout/gate/counts";
import { type Quiet, quietness, removalWords } from "../../rollout/release/quiet";
import { finish, type FinishOptions } from "../../rollout/release/verbs/finish";
import { ManyServices } from "../support/manyServices";

describe("upshift finish", () => {
    const { now } = Date;
    let stack: ManyServices;
    let counted: Quiet;
    before(() => (Date.now = () => (stack?.seconds ?? 0) * 1000));
    after(() => (Date.now = now));
    beforeEach(() => {
        counted = { seconds: 10, requests: 0 };
        stack = new ManyServices({ review: { weights: { v1: 0, v2: 100 } } }).declare("review", {
            to: "v2",
            bake: "2m",
        });
        const { settings } = stack;
        // Nothing here measures how long requests take.
        stack.settings = async () => {
            const { review } = await settings.call(stack);
            if (!review || review instanceof Error) return {};
            return { review: { ...review, gate: { latency: false as const } } };
        };
    });
    const run = (options: Partial<FinishOptions> = {}): Promise<ExitCode> =>
        finish([{ service: "review", hands: stack.one("review") }], {
            count: () => Promise.resolve(counted),
            ...options,
        });

    it("makes the version the stable one, moves nobody, and says how the old one is taken away", async () => {
        assert.equal(await run(), ExitCode.Well);
        assert.deepEqual(stack.applied.review?.weights, { v1: 0, v2: 100 });
        assert.equal(stack.applied.review?.stable, "v2");
        assert.match(
            stack.words,
            /^v2 is the stable version of review; v1 has no users.*\nv1 has had no request for 10 s.*\nTo take v1 away: .*\n {2}pulumi config rm --path weights\.review\.v1 && pulumi up$/,
        );
        assert.equal(stack.seconds, 0);
    });
    it("looks at it first for as long as it is told to, whatever the release says", async () => {
        assert.equal(await run({ bake: "5m" }), ExitCode.Well);
        assert.ok(stack.seconds >= 300 && stack.seconds < 400, `${stack.seconds} s`);
        assert.equal(stack.applied.review?.stable, "v2");
    });
    it("gives users back where it is over the gate's ceiling at all users, and the mark does not move", async () => {
        stack.failing = 200;
        assert.equal(await run({ bake: "5m" }), ExitCode.Findings);
        assert.deepEqual(stack.applied.review?.weights, { v1: 100, v2: 0 });
        assert.deepEqual(
            [stack.config.get("stable.review"), stack.config.get("release.review.aborted")],
            [undefined, "v2"],
        );
    });
    it("holds where nobody counts, and where it is interrupted", async () => {
        const hands = stack.one("review");
        const window = async (): Promise<never> => {
            await stack.rest(30);
            throw new Error("nobody calls it");
        };
        const count = () => Promise.resolve(counted);
        const silent = { service: "review", hands: { ...hands, isInterrupted: false, window } };
        assert.equal(await finish([silent], { bake: "5m", count }), ExitCode.Held);
        assert.match(stack.words, /100 could not be judged within 1h/);
        stack.onRest = () => (stack.isInterrupted = true);
        assert.equal(await run({ bake: "5m" }), ExitCode.Held);
        assert.equal(stack.config.get("stable.review"), undefined);
    });
    it("is refused where no version but the stable one has all users, with what to do", async () => {
        const expected: [object, RegExp][] = [
            [{ v1: 50, v2: 50 }, /No version of review has all users\.\n {2}fix: npx upshift release review$/],
            [{ v1: 100, v2: 0 }, /v1 has all users of review and is stable already\.\n {2}fix: .* --to VERSION$/],
        ];
        for (const [weights, message] of expected) {
            stack.applied.review = { weights: weights as Record<string, number> };
            const error = await run().catch((one: Error) => one);
            assert.ok(error instanceof Refused);
            assert.match(error.message, message);
        }
        assert.deepEqual(stack.done, []);
    });
    describe("of services that are released as one", () => {
        const both = (product: number): Promise<ExitCode> => {
            stack.applied.product = { weights: { v1: 100 - product, v2: product } };
            stack.declare("product", { to: "v2" });
            const members = ["review", "product"].map((service) => ({ service, hands: stack.one(service) }));
            return finish(members, { count: () => Promise.resolve(counted) });
        };
        it("makes those of all of them the stable ones, by one update", async () => {
            // As the config has it for an update: what `applied` was given above stands nowhere else.
            await stack.write({ "weights.product.v1": 0, "weights.product.v2": 100 });
            stack.done.length = 0;
            assert.equal(await both(100), ExitCode.Well);
            assert.deepEqual(
                stack.done.filter((one) => one.startsWith("up")),
                ["up: review: v2 is the stable version, product: v2 is the stable version"],
            );
            assert.deepEqual([stack.applied.review?.stable, stack.applied.product?.stable], ["v2", "v2"]);
            assert.match(
                stack.words,
                /stable version of review;[^]*v1 && pulumi up\nv2 is the stable version of product/,
            );
        });
        it("is refused where one of them is not whole, and changes nothing", async () => {
            await assert.rejects(both(50), /No version of product has all users/);
            assert.deepEqual(stack.done, []);
        });
    });
    it("leaves the config as it was where the update is refused", async () => {
        stack.onUp = () => assert.fail("not on Fridays");
        await assert.rejects(run(), /not on Fridays/);
        assert.equal(stack.config.get("stable.review"), undefined);
        assert.equal(stack.config.get("release.review.to"), "v2");
    });
});

describe("whether a version still gets requests", () => {
    const reading = (at: number, v1: number): Reading => ({
        at,
        callers: [
            { caller: "web", versions: { v1: { requests: v1, failed: 0 }, v2: { requests: 10 * at, failed: 0 } } },
        ],
    });
    const between = (first: number, second: number): Promise<Quiet> => {
        let rested = 0;
        const read = () => Promise.resolve(rested === 0 ? reading(5, first) : reading(5 + rested, second));
        const rest = (seconds: number) => Promise.resolve(void (rested += seconds));
        return quietness({ name: "review", namespace: "shop" }, "v1", { source: { read, resolution: 30 }, rest });
    };

    it("is what its callers count between two readings, as far apart as the source can see", async () => {
        assert.deepEqual(await between(7, 7), { seconds: 30, requests: 0 });
        assert.deepEqual(await between(7, 19), { seconds: 30, requests: 12 });
    });
    it("is unknown where nobody counts, and no reason to fail", async () => {
        const read = () => Promise.reject(new Error("No proxy has counted a request.\n  fix: npx upshift graph"));
        const source = { read, resolution: 5 };
        const rest = () => Promise.resolve();
        assert.deepEqual(await quietness({ name: "review", namespace: "shop" }, "v1", { source, rest }), {
            unknown: "No proxy has counted a request.",
        });
    });
    it("decides what is said first: to wait until it has none, to look, or to take it away", () => {
        const words = (counted: Quiet) => removalWords("review", "v1", counted, " --stack prod");
        assert.match(
            words({ seconds: 10, requests: 3 }),
            /^v1 has had 3 requests in 10 s.*Leave it.*route review --stack prod\n/,
        );
        assert.match(
            words({ unknown: "nobody counts" }),
            /could not be counted \(nobody counts\).*graph --stack prod\nTo take/,
        );
    });
});
