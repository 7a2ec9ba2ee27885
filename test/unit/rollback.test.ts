import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { Refused, StepRefused } from "../../cluster/refused";
import { ExitCode } from "../../rollout/exitCode";
import { sharesBelow } from "../../rollout/release/verbs/gradual";
import { rollback, rollbackAll } from "../../rollout/release/verbs/rollback";
import { ManyServices } from "../support/manyServices";

describe("upshift rollback", () => {
    const { now } = Date;
    let stack: ManyServices;
    before(() => (Date.now = () => (stack?.seconds ?? 0) * 1000));
    after(() => (Date.now = now));
    const made = (applied: ManyServices["applied"]): ManyServices => (stack = new ManyServices(applied));
    const ups = (): string[] => stack.done.filter((one) => one.startsWith("up: "));

    it("gives everybody back at once, and writes down that the version came back", async () => {
        made({ review: { weights: { v1: 75, v2: 25 } } }).declare("review", { to: "v2" });
        assert.equal(await rollback("review", stack), ExitCode.Well);
        assert.deepEqual(stack.applied.review?.weights, { v1: 100, v2: 0 });
        assert.equal(stack.config.get("release.review.aborted"), "v2");
        assert.match(stack.words, /None of what came back starts again by itself.*npx upshift release review --again/);
    });
    it("says to what the version can be started again, also where no release was declared", async () => {
        made({ review: { weights: { v1: 75, v2: 25 } } });
        await rollback("review", stack);
        assert.match(stack.words, /npx upshift release review --again --to v2$/);
    });
    it("names what the stack has where it is asked for another service", async () => {
        made({ review: { weights: { v1: 100 } } });
        stack.others.push({ service: "chain", stable: "v1", weights: {}, why: "chain is part of a chain" });
        await assert.rejects(
            rollback("revew", stack),
            /splits no service revew; it splits chain, review\.\n {2}fix: name it: review/,
        );
        await assert.rejects(rollback("chain", stack), /chain is part of a chain/);
        assert.deepEqual(stack.done, []);
    });
    it("does nothing where everybody is on stable and nothing is declared, and says so", async () => {
        made({ review: { weights: { v1: 100, v2: 0 } } });
        assert.equal(await rollback("review", stack), ExitCode.Well);
        assert.deepEqual(stack.done, []);
        assert.match(stack.words, /All users of review are on v1, and no release is declared/);
    });
    it("asks for nothing else first where what is applied says that users are off stable", async () => {
        made({ review: { weights: { v1: 75, v2: 25 } } });
        stack.live = () => assert.fail("it takes time");
        stack.settings = () => {
            assert.equal(stack.done[0], "give back review", "it takes time");
            return Promise.reject(new Error("no passphrase"));
        };
        await rollback("review", stack);
        assert.equal(stack.config.get("release.review.aborted"), "v2");
    });
    it("takes back the version that is released, whoever else has as many users", async () => {
        for (const [v1b, v2] of [
            [10, 10],
            [40, 20],
        ] as const) {
            made({ review: { weights: { v1: 100 - v1b - v2, v1b, v2 } } }).declare("review", {
                to: "v2",
                baseline: "v1b",
            });
            await rollback("review", stack);
            assert.equal(stack.config.get("release.review.aborted"), "v2");
            assert.deepEqual(stack.applied.review?.weights, { v1: 100, v1b: 0, v2: 0 });
        }
    });
    it("makes no second update of what came back already", async () => {
        made({ review: { weights: { v1: 100, v2: 0 } } }).declare("review", { to: "v2", aborted: "v2" });
        assert.equal(await rollback("review", stack), ExitCode.Well);
        assert.deepEqual(stack.done, []);
        assert.match(stack.words, /on v1, and v2 does not start again by itself/);
    });
    it("brings back whom somebody has moved in the cluster alone", async () => {
        made({ review: { weights: { v1: 100, v2: 0 } } });
        stack.cluster.review = { v1: 40, v2: 60 };
        await rollback("review", stack);
        assert.deepEqual(stack.cluster.review, { v1: 100, v2: 0 });
    });
    it("makes the update where the routes can't be written at once, and says what it is that takes longer", async () => {
        made({ review: { weights: { v1: 75, v2: 25 } } });
        stack.giveBack = () => Promise.reject(new Error("virtualservices is forbidden"));
        assert.equal(await rollback("review", stack), ExitCode.Well);
        assert.deepEqual(stack.cluster.review, { v1: 100, v2: 0 });
        assert.ok(stack.events.some((one) => one.kind === "waits" && /forbidden/.test(one.why)));
    });
    it("takes back what the config asks for of the service and is not applied yet", async () => {
        made({ review: { weights: { v1: 100, v2: 0 } } });
        stack.config.set("weights.review.v1", 10).set("weights.review.v2", 90);
        assert.equal(await rollback("review", stack), ExitCode.Well);
        assert.deepEqual(stack.applied.review?.weights, { v1: 100, v2: 0 });
    });
    it("says that users are back where the update is refused for what the config asks of others, and offers no step on", async () => {
        made({ review: { weights: { v1: 100, v2: 0 } }, product: { weights: { v1: 75, v2: 25 } } });
        stack.onUp = () => {
            const raise = { code: "raise", service: "review", version: "v2", from: 0, to: 90, limit: 50 } as const;
            throw new StepRefused([{ ...raise, fix: "pulumi config set … 50" }]);
        };
        await assert.rejects(rollback("product", stack), (error: Error) => {
            assert.ok(error instanceof Refused);
            assert.match(error.message, /^The config has product on v1, and so have the routes/);
            assert.match(
                error.message,
                /\nreview: v2 0 → 90 is a raise of 90 points; at most 50 a step\n {2}fix: take that back.*npx upshift rollback product;/,
            );
            assert.doesNotMatch(error.message, /config set|nothing of it was applied/);
            return true;
        });
        assert.deepEqual(stack.cluster.product, { v1: 100, v2: 0 });
    });
    it("offers a rollback of all where that takes back what the config asks for, and nowhere else", async () => {
        const fixOf = async (code: "raise" | "removal", go: () => Promise<unknown>): Promise<string> => {
            stack.onUp = () => {
                throw new StepRefused([{ code, service: "review", version: "v1", from: 0, to: 90, limit: 50 }]);
            };
            const { fix = "" } = await go().then(
                () => assert.fail("it was let through"),
                (error: Refused) => error,
            );
            return fix;
        };
        const applied = () => made({ review: { weights: { v1: 100 } }, product: { weights: { v1: 75, v2: 25 } } });
        applied();
        assert.match(await fixOf("raise", () => rollback("product", stack)), /rollback product; .* rollback --all$/);
        applied();
        assert.match(await fixOf("removal", () => rollback("product", stack)), /then: npx upshift rollback product$/);
        applied();
        assert.match(await fixOf("raise", () => rollbackAll(stack)), /then: npx upshift rollback --all$/);
    });
    it("goes back by what was applied where the cluster does not answer", async () => {
        made({ review: { weights: { v1: 100, v2: 0 } } }).declare("review", { to: "v2" });
        stack.live = () => Promise.reject(new Error("connect ECONNREFUSED"));
        assert.equal(await rollback("review", stack), ExitCode.Well);
        assert.deepEqual(stack.applied.review?.weights, { v1: 100, v2: 0 });
    });

    describe("of a service that is released as one with others", () => {
        const together = (review: number, product: number, more: Record<string, string> = {}): ManyServices =>
            made({
                review: { weights: { v1: 100 - review, v2: review } },
                product: { weights: { v1: 100 - product, v2: product } },
                cart: { weights: { v1: 50, v2: 50 } },
            })
                .declare("review", { to: "v2", with: "product", ...more })
                .declare("product", { to: "v2", ...more });
        const shares = (): unknown[] => Object.values(stack.applied).map(({ weights }) => weights.v2);

        it("gives all of them back, its own routes before it is asked which they are, by one write and one update", async () => {
            together(25, 10);
            const { groupOf, settings } = stack;
            stack.settings = () => {
                assert.deepEqual(stack.done, ["give back review", "give back product"]);
                return settings.call(stack);
            };
            stack.groupOf = (service) => {
                assert.deepEqual(stack.done, ["give back review"]);
                return groupOf.call(stack, service);
            };
            assert.equal(await rollback("review", stack), ExitCode.Well);
            assert.deepEqual(stack.done, [
                "give back review",
                "give back product",
                "write",
                "up: review back to v1, product back to v1: somebody asked for it",
            ]);
            assert.deepEqual(shares(), [0, 0, 50]);
            for (const name of ["review", "product"]) assert.equal(stack.config.get(`release.${name}.aborted`), "v2");
        });
        it("is found by the name of any, and leaves none of them to start again, with users or without", async () => {
            for (const [review, product] of [
                [25, 0],
                [0, 25],
                [0, 0],
            ] as const) {
                together(review, product);
                assert.equal(await rollback("product", stack), ExitCode.Well);
                assert.deepEqual(shares(), [0, 0, 50]);
                for (const name of ["review", "product"])
                    assert.equal(stack.config.get(`release.${name}.aborted`), "v2");
                assert.equal(ups().length, 1);
            }
            await rollback("product", stack);
            assert.equal(ups().length, 1);
        });
        it("takes them down side by side where that is to be gradual", async () => {
            together(50, 25, { bake: "10s" });
            assert.equal(await rollback("review", stack, { gradual: true }), ExitCode.Well);
            assert.equal(ups().length, 3);
            assert.deepEqual(shares(), [0, 0, 50]);
        });
        it("holds by the name of the service where it is interrupted: --all would move others", async () => {
            together(50, 25);
            stack.onRest = () => (stack.isInterrupted = true);
            assert.equal(await rollback("review", stack, { gradual: true }), ExitCode.Held);
            assert.match(
                stack.words,
                /at once: npx upshift rollback review\n {2}fix: npx upshift rollback review --gradual/,
            );
        });
        it("goes back alone where the config can't be read, and says so", async () => {
            together(25, 10);
            stack.groupOf = () => Promise.reject(new Error("no passphrase"));
            await rollback("review", stack);
            assert.deepEqual(shares(), [0, 10, 50]);
            assert.ok(
                stack.events.some((one) => one.kind === "waits" && /review goes back alone: no pass/.test(one.why)),
            );
        });
    });

    describe("--all", () => {
        it("gives back every service that is off stable, routes first, by one write and one update", async () => {
            made({
                review: { weights: { v1: 75, v2: 25 } },
                product: { weights: { v1: 10, v2: 30, v3: 60 } },
                cart: { weights: { v2: 100, v1: 0 }, stable: "v2" },
            });
            assert.equal(await rollbackAll(stack), ExitCode.Well);
            assert.deepEqual(stack.done, [
                "give back review, product",
                "write",
                "up: review back to v1, product back to v1: somebody asked for it",
            ]);
            assert.deepEqual(stack.applied.product?.weights, { v1: 100, v2: 0, v3: 0 });
            assert.deepEqual(stack.applied.cart?.weights, { v2: 100, v1: 0 });
            assert.equal(stack.config.get("release.product.aborted"), "v3");
            assert.equal(stack.config.get("release.cart.aborted"), undefined);
        });
        it("also stops a release that only testers have seen yet: its next step would move users", async () => {
            made({ review: { weights: { v1: 100, v2: 0 }, headerTo: "v2" } }).declare("review", { to: "v2" });
            await rollbackAll(stack);
            assert.equal(stack.config.get("release.review.aborted"), "v2");
        });
        it("changes nothing where all are on their stable versions", async () => {
            made({ review: { weights: { v1: 100, v2: 0 } } }).declare("review", { to: "v2" });
            assert.equal(await rollbackAll(stack), ExitCode.Well);
            assert.deepEqual(stack.done, []);
        });
        it("takes back what the config asks for and is not applied yet, which the same update would make", async () => {
            made({ review: { weights: { v1: 100, v2: 0 } }, product: { weights: { v1: 75, v2: 25 } } });
            stack.config.set("weights.review.v1", 10).set("weights.review.v2", 90);
            assert.equal(await rollbackAll(stack), ExitCode.Well);
            for (const service of ["review", "product"] as const)
                assert.deepEqual(stack.applied[service]?.weights, { v1: 100, v2: 0 });
            assert.deepEqual([stack.largestRaise <= 0, stack.config.get("release.review.aborted")], [true, "v2"]);
        });
        it("tells which services it can't move, once the others are back", async () => {
            made({ review: { weights: { v1: 75, v2: 25 } } });
            const why = "pods has no routes with weights\n  fix: take each step by itself";
            stack.others.push({ service: "pods", stable: "v1", weights: { v1: 50, v2: 50 }, why });
            stack.others.push({ service: "calm", stable: "v1", weights: { v1: 100 }, why: "a chain" });
            await assert.rejects(rollbackAll(stack), (error: Error) => {
                assert.match(error.message, /^pods is not on v1 still: pods has no routes with weights\n {2}fix: take/);
                assert.doesNotMatch(error.message, /calm/);
                return true;
            });
            assert.deepEqual(stack.applied.review?.weights, { v1: 100, v2: 0 });
        });
        it("is not kept from going back by what the config says wrong of a release", async () => {
            made({ review: { weights: { v1: 75, v2: 25 } } }).declare("review", { to: "v2", bake: "soon" });
            assert.equal(await rollbackAll(stack), ExitCode.Well);
            assert.deepEqual(stack.applied.review?.weights, { v1: 100, v2: 0 });
        });
    });

    describe("--gradual", () => {
        it("goes down by the release's own steps, an update each, and bakes between them", async () => {
            made({ review: { weights: { v1: 40, v2: 60 } } }).declare("review", { to: "v2", bake: "30s" });
            assert.equal(await rollback("review", stack, { gradual: true }), ExitCode.Well);
            const taken = stack.events.flatMap((one) => (one.kind === "step" ? [one.step] : []));
            assert.deepEqual(taken, ["review 50", "review 25", "review 10", "review 0"]);
            assert.equal(ups().length, 4);
            assert.equal(stack.seconds, 90);
            assert.ok(!stack.done.some((one) => one.startsWith("give back")));
        });
        it("takes several services down side by side, as slowly as the slowest asks for", async () => {
            made({ review: { weights: { v1: 0, v2: 100 } }, product: { weights: { v1: 80, v2: 20 } } });
            stack.declare("review", { to: "v2", steps: "50,100", bake: "10s" });
            stack.declare("product", { to: "v2", steps: "5,15,100", bake: "40s" });
            await rollbackAll(stack, { gradual: true });
            assert.deepEqual(
                stack.events.flatMap((one) => (one.kind === "step" ? [one.step] : [])),
                ["review 50", "product 15", "review 0", "product 5", "review 0", "product 0"],
            );
            assert.equal(ups().length, 3);
            assert.equal(stack.seconds, 80);
        });
        it("says first that the version came back, so that a driver ends and does not raise it again", async () => {
            made({ review: { weights: { v1: 75, v2: 25 } } }).declare("review", { to: "v2" });
            stack.onUp = () => assert.equal(stack.config.get("release.review.aborted"), "v2");
            await rollback("review", stack, { gradual: true });
        });
        it("holds where it is interrupted, with both ways on", async () => {
            made({ review: { weights: { v1: 75, v2: 25 } } });
            stack.onRest = () => (stack.isInterrupted = true);
            assert.equal(await rollback("review", stack, { gradual: true }), ExitCode.Held);
            assert.deepEqual(stack.applied.review?.weights, { v1: 90, v2: 10 });
            assert.match(
                stack.words,
                /at once: npx upshift rollback review\n {2}fix: npx upshift rollback review --gradual/,
            );
        });
        it("never takes a step that raises the version, from whichever share and by whichever steps", () => {
            const text = fc.array(fc.oneof(fc.integer({ min: 1, max: 100 }), fc.constantFrom("header", "pause", "x")));
            fc.assert(
                fc.property(text, fc.integer({ min: 0, max: 100 }), (steps, share) => {
                    const way = [share, ...sharesBelow(steps.join(","), share)];
                    assert.equal(way.at(-1), 0);
                    way.slice(1).forEach((one, index) => assert.ok(one < (way[index] ?? 0) || share === 0));
                }),
            );
        });
    });
});
