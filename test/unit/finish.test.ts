import * as assert from "node:assert/strict";
import { Refused } from "../../cluster/refused";
import { ExitCode } from "../../rollout/exitCode";
import type { Quiet } from "../../rollout/release/finish/quiet";
import type { Removal, Remover } from "../../rollout/release/finish/remover";
import { finish, type FinishOptions } from "../../rollout/release/verbs/finish";
import { ManyServices } from "../support/manyServices";

describe("upshift finish", () => {
    const { now } = Date;
    let stack: ManyServices;
    let counted: Quiet[];
    before(() => (Date.now = () => (stack?.seconds ?? 0) * 1000));
    after(() => (Date.now = now));
    beforeEach(() => {
        counted = [];
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
    const quiet: Quiet = { seconds: 10, requests: 0, open: 0 };
    /** What is counted, in order; then nobody asks any more. */
    const count = async (_served: unknown, _version: string, least = 10): Promise<Quiet> => {
        await stack.rest(least);
        return counted.shift() ?? { ...quiet, seconds: least };
    };
    /** A program that takes its versions from the weights. */
    const byConfig: Remover = {
        plan: (leaving) => {
            const paths = leaving.flatMap((one) => one.versions.map((version) => `weights.${one.service}.${version}`));
            const write = (): (() => void) => {
                stack.done.push("write");
                const old = paths.map((path) => [path, stack.config.get(path)] as const);
                for (const [path] of old) stack.config.delete(path);
                return () => old.forEach(([path, value]) => value !== undefined && stack.config.set(path, value));
            };
            return Promise.resolve({ by: "config", paths, others: [], write });
        },
    };
    const run = (options: Partial<FinishOptions> = {}): Promise<ExitCode> =>
        finish([{ service: "review", hands: stack.one("review") }], { count, remover: byConfig, ...options });
    const ups = (): string[] => stack.done.filter((one) => one.startsWith("up"));

    it("makes the version the stable one, moves nobody, and says how the old one is taken away", async () => {
        assert.equal(await run(), ExitCode.Well);
        assert.deepEqual(stack.applied.review?.weights, { v1: 0, v2: 100 });
        assert.equal(stack.applied.review?.stable, "v2");
        assert.match(
            stack.words,
            /^v2 is the stable version of review; v1 has no users.*\nv1 has had no request for 10 s.*\nTo take v1 away: npx upshift finish review --remove$/,
        );
        assert.equal(stack.seconds, 10);
    });
    it("keeps how the next release is made, and nothing of this one but what it has left", async () => {
        const kept = { bake: "2m", steps: "50,100", timeout: "2h", enforce: false, keep: "0s" };
        stack.declare("review", { ...kept, paused: true, promoted: "50", promotedBy: "ann", with: "review" });
        assert.equal(await run(), ExitCode.Well);
        const left = [...stack.config].filter(([path]) => path.startsWith("release."));
        const expected = Object.entries({ ...kept, previous: "v1" });
        assert.deepEqual(left.sort(), expected.map(([key, value]) => [`release.review.${key}`, value]).sort());
    });
    it("says so where the program takes its stable version from elsewhere: a rollback would return to the old one", async () => {
        const hands = stack.one("review");
        const served = async () => ({ ...(await hands.served()), stable: "v1" });
        const deaf = { service: "review", hands: { ...hands, isInterrupted: false, served } };
        await assert.rejects(
            finish([deaf], { count, remover: byConfig, remove: true }),
            /still have v1 as their stable version, .*\n {2}fix: read it in the program: .*, then npx upshift finish review$/,
        );
        assert.deepEqual([stack.config.get("release.review.to"), ups().length], ["v2", 1]);
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
        const silent = { service: "review", hands: { ...hands, isInterrupted: false, window } };
        assert.equal(await finish([silent], { bake: "5m", count, remover: byConfig }), ExitCode.Held);
        assert.match(stack.words, /100 could not be judged within 1h/);
        stack.onRest = () => (stack.isInterrupted = true);
        assert.equal(await run({ bake: "5m" }), ExitCode.Held);
        assert.equal(stack.config.get("stable.review"), undefined);
    });
    it("is refused where no version but the stable one has all users, with what to do", async () => {
        const expected: [object, FinishOptions["remove"], RegExp][] = [
            [{ v1: 50, v2: 50 }, false, /No version of review has all users\.\n {2}fix: npx upshift release review$/],
            [
                { v1: 100, v2: 0 },
                false,
                /v1 has all users of review and is stable already\.\n {2}fix: .* --to VERSION$/,
            ],
            [
                { v1: 100, v2: 0 },
                true,
                /notes no version that .*\n {2}fix: name it: pulumi config set --path release\.review\.previous v2, then npx upshift finish review --remove$/,
            ],
        ];
        for (const [weights, remove, message] of expected) {
            stack.applied.review = { weights: weights as Record<string, number> };
            const error = await run({ remove }).catch((one: Error) => one);
            assert.ok(error instanceof Refused);
            assert.match(error.message, message);
        }
        assert.deepEqual(stack.done, []);
    });

    describe("that keeps the old version", () => {
        it("waits for as long as is left of it since the last user went, and the old one is stable until then", async () => {
            stack.declare("review", { keep: "30m" });
            stack.movedAt.review = -600_000;
            stack.onRest = () =>
                assert.equal(stack.seconds <= 1200 ? stack.applied.review?.stable : undefined, undefined);
            assert.equal(await run(), ExitCode.Well);
            assert.equal(stack.seconds, 1200 + 10);
            assert.equal(stack.applied.review?.stable, "v2");
            const waits = stack.events.find((one) => one.kind === "waits");
            assert.match(
                waits?.kind === "waits" ? waits.why : "",
                /^v1 is kept until 1970-01-01 00:20:00 UTC; .*: npx upshift rollback review$/,
            );
        });
        it("writes into the config what it was told, and counts from now where no history says when", async () => {
            assert.equal(await run({ keep: "1m" }), ExitCode.Well);
            assert.deepEqual([stack.seconds, stack.config.get("release.review.keep")], [70, "1m"]);
        });
        it("goes on where it was ended, and waits for the rest alone", async () => {
            stack.declare("review", { keep: "30m" });
            stack.movedAt.review = 0;
            stack.onRest = () => (stack.isInterrupted = stack.seconds >= 600);
            assert.equal(await run({ remove: true }), ExitCode.Held);
            assert.match(stack.words, /v1 stays the stable version\.\n {2}fix: npx upshift finish review --remove$/);
            assert.deepEqual([stack.done, stack.config.get("release.review.to")], [[], "v2"]);
            stack.onRest = () => undefined;
            stack.isInterrupted = false;
            assert.equal(await run(), ExitCode.Well);
            assert.equal(stack.seconds, 1800 + 10);
        });
        it("ends where somebody goes back meanwhile, and the mark does not move", async () => {
            stack.declare("review", { keep: "30m" });
            stack.onRest = () => stack.config.set("release.review.aborted", "v2");
            assert.equal(await run({ remove: true }), ExitCode.Findings);
            assert.deepEqual([ups(), stack.config.get("stable.review")], [[], undefined]);
        });
    });

    describe("that takes the old version away", () => {
        const versions = (): string[] => Object.keys(stack.applied.review?.weights ?? {});
        it("does so by an update of its own, once it is the stable one no more and nobody asks it", async () => {
            counted = [
                { seconds: 30, requests: 3, open: 0 },
                { seconds: 30, requests: 0, open: 1 },
                { unknown: "nobody counts" },
            ];
            assert.equal(await run({ remove: true }), ExitCode.Well);
            assert.deepEqual(ups(), ["up: review: v2 is the stable version", "up: v1 of review taken away"]);
            assert.deepEqual([versions(), stack.config.get("release.review.previous")], [["v2"], undefined]);
            const waits = stack.events.flatMap((one) => (one.kind === "waits" ? [one.why] : []));
            assert.equal(waits.length, 3);
            assert.match(waits[0] ?? "", /v1 has had 3 requests in 30 s/);
            assert.match(waits[1] ?? "", /1 that are open still/);
            assert.match(waits[2] ?? "", /could not be counted \(nobody counts\)/);
            assert.deepEqual(
                stack.events.flatMap((one) =>
                    one.kind === "drained" ? [[one.service, one.version, one.seconds]] : [],
                ),
                [["review", "v1", 30]],
            );
            assert.equal(stack.words, "v1 of review is taken away.");
        });
        it("takes away with it what it was compared with, and what earlier releases have left", async () => {
            stack.applied.review = { weights: { v0: 0, v1: 0, v1b: 0, v2: 100, v3: 0 } };
            for (const version of ["v0", "v1b", "v3"]) stack.config.set(`weights.review.${version}`, 0);
            stack.declare("review", { baseline: "v1b", previous: "v0,gone" });
            assert.equal(await run({ remove: true }), ExitCode.Well);
            assert.deepEqual(versions(), ["v2", "v3"].sort());
        });
        it("goes on where it was ended: after the mark, after the count", async () => {
            counted = [{ seconds: 30, requests: 3, open: 0 }];
            stack.onRest = () => (stack.isInterrupted = true);
            assert.equal(await run({ remove: true }), ExitCode.Held);
            assert.match(stack.words, /^Nothing is taken away\.\n {2}fix: npx upshift finish review --remove$/);
            assert.deepEqual([versions(), stack.config.get("release.review.previous")], [["v1", "v2"], "v1"]);
            stack.onRest = () => undefined;
            stack.isInterrupted = false;
            assert.equal(await run({ remove: true }), ExitCode.Well);
            assert.deepEqual([ups().length, versions()], [2, ["v2"]]);
        });
        it("goes on where it was killed before its update, and after it", async () => {
            const { up } = stack;
            // Whoever is killed puts nothing back.
            const dies: Remover = {
                plan: async (leaving, members, again) => {
                    const removal = await byConfig.plan(leaving, members, again);
                    return removal.by === "config"
                        ? { ...removal, write: () => (removal.write(), () => undefined) }
                        : removal;
                },
            };
            stack.up = (message) =>
                /taken away/.test(message) ? Promise.reject(new Error("killed")) : up.call(stack, message);
            await assert.rejects(run({ remove: true, remover: dies }), /killed/);
            stack.up = up;
            assert.deepEqual([versions(), stack.config.get("weights.review.v1")], [["v1", "v2"], undefined]);
            assert.equal(await run({ remove: true }), ExitCode.Well);
            assert.deepEqual([versions(), stack.config.get("release.review.previous")], [["v2"], undefined]);
            stack.config.set("release.review.previous", "v1");
            const before = ups().length;
            assert.equal(await run({ remove: true }), ExitCode.Well);
            assert.equal(stack.words, "Nothing is left to be taken away.");
            assert.deepEqual([ups().length, stack.config.get("release.review.previous")], [before, undefined]);
        });
        it("holds where somebody asks it until the release's timeout, and changes nothing", async () => {
            stack.declare("review", { timeout: "5m" });
            counted = Array.from({ length: 20 }, () => ({ seconds: 30, requests: 1, open: 0 }));
            assert.equal(await run({ remove: true }), ExitCode.Held);
            assert.match(stack.words, /^Nothing is taken away: v1 has had 1 requests in 30 s/);
            assert.ok(stack.seconds >= 300 && stack.seconds < 400, `${stack.seconds} s`);
            assert.deepEqual(versions(), ["v1", "v2"]);
        });
        it("is refused where a rule leads to it, before anything is counted", async () => {
            Object.assign(stack.applied.review ?? {}, { headerTo: "v1" });
            const error = await run({ remove: true }).catch((one: Error) => one);
            assert.ok(error instanceof Refused);
            assert.match(
                error.message,
                /the rule canary-header leads to v1 of review\.\n {2}fix: .*npx upshift route review, then pulumi up and: npx upshift finish review --remove$/,
            );
            assert.deepEqual([versions(), ups(), stack.seconds], [["v1", "v2"], [], 0]);
        });
        it("says which lines are to be edited where only the program can do it, and changes nothing more", async () => {
            const removal: Removal = {
                by: "program",
                why: "without it in the config the program still has Deployment own/web-v1 (v1)",
                lines: ['index.ts:8: versions: ["v1", "v2"],'],
                paths: ["weights.review.v1"],
            };
            assert.equal(await run({ remove: true, remover: { plan: async () => removal } }), ExitCode.Held);
            assert.match(
                stack.words,
                /^Only the program can take v1 of review away: without it .*\n {2}index\.ts:8: .*\n {2}fix: edit the program, then pulumi config rm --path 'weights\.review\.v1' && pulumi up$/,
            );
            assert.deepEqual([ups().length, versions()], [1, ["v1", "v2"]]);
        });
        it("leaves the config as it was where the update is refused", async () => {
            stack.onUp = () => assert.ok(ups().length === 0, "not on Fridays");
            await assert.rejects(run({ remove: true }), /not on Fridays/);
            assert.deepEqual(
                [stack.config.get("weights.review.v1"), stack.config.get("release.review.previous")],
                [0, "v1"],
            );
            assert.equal(stack.applied.review?.stable, "v2");
        });
    });

    describe("of services that are released as one", () => {
        const both = (product: number, remove = false): Promise<ExitCode> => {
            stack.applied.product = { weights: { v1: 100 - product, v2: product } };
            stack.declare("product", { to: "v2" });
            const members = ["review", "product"].map((service) => ({ service, hands: stack.one(service) }));
            return finish(members, { count, remover: byConfig, remove });
        };
        // As the config has it for an update: what `applied` is given above stands nowhere else.
        beforeEach(async () => {
            await stack.write({ "weights.product.v1": 0, "weights.product.v2": 100 });
            stack.done.length = 0;
        });
        it("makes those of all of them the stable ones, by one update", async () => {
            assert.equal(await both(100), ExitCode.Well);
            assert.deepEqual(ups(), ["up: review: v2 is the stable version, product: v2 is the stable version"]);
            assert.deepEqual([stack.applied.review?.stable, stack.applied.product?.stable], ["v2", "v2"]);
            assert.match(
                stack.words,
                /stable version of review;[^]*review --remove\nv2 is the stable version of product/,
            );
        });
        it("takes the old ones away by one more", async () => {
            assert.equal(await both(100, true), ExitCode.Well);
            assert.deepEqual(ups().slice(1), ["up: v1 of review and product taken away"]);
            assert.deepEqual(Object.keys(stack.applied.product?.weights ?? {}), ["v2"]);
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
