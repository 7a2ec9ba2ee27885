import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import { routesFor, withWeights } from "../../components/traffic/split/routes";
import type { Weights } from "../../components/traffic/split/weights";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import type { Body } from "../../components/traffic/world/values";
import { Refused } from "../../cluster/refused";
import { goBack } from "../../rollout/release/back";
import type { Hands, ReleaseEvent, Values, WeightsOf } from "../../rollout/release/hands";
import { releasePlan } from "../../rollout/release/plan";
import { type ReleasedService, routesOf, whereaboutsOf } from "../../rollout/release/service";
import { imagesOf } from "../../rollout/release/versionPods";
import { parseSteps, positionOf, weightsAt, wordOf } from "../../rollout/release/steps";
import { historyIn, historyText, readHistory } from "../../rollout/release/history";
import { linesOf } from "../../rollout/release/words";
import { failureOf, lockedBy } from "../../rollout/release/update";
import { splitNamed, splitsOf } from "../../rollout/splits";
import { weightsConfig } from "../../rollout/weightsConfig";
import { gone, valueAt } from "../../rollout/release/writeConfig";
import { byHeader, routes, service } from "../support/worlds";

describe("the steps of a release", () => {
    const steps = (text: string) => parseSteps(text, "release.review.steps");

    it("are read as people write them", () => {
        assert.deepEqual(
            steps(" header, 10 %,pause,25,pause:10m,100").steps.map(({ name }) => name),
            ["header", "10", "pause-2", "25", "pause-4", "100"],
        );
        assert.deepEqual(steps("header,10,100").problems, []);
    });
    it("have copies, pauses with an end and approvals among them, and are written as they are read", () => {
        const text = "header,mirror:20,mirror,pause:<600s,10,pause:90s,approval,50,approval:Ann Lee,100";
        const { steps: all, problems } = steps(text);
        assert.deepEqual(problems, []);
        assert.equal(all.map(wordOf).join(","), text);
        const { kind, name, ...pause } = all[3] ?? assert.fail();
        assert.deepEqual([kind, name, pause], ["pause", "pause-3", { expiresSeconds: 600 }]);
    });
    it("can't have copies after a share, fewer than before, or of a percent that is none", () => {
        for (const [text, expected] of [
            ["10,mirror:20,100", /mirror comes before the first share/],
            ["mirror:50,mirror:20,100", /the copies 50, 20 do not rise/],
            ["mirror:0,100", /"mirror:0" is no step/],
            ["mirror:,100", /"mirror:" is no step/],
            ["10,pause:<soon,100", /"pause:<soon" is no step/],
        ] as const)
            assert.match(
                steps(text)
                    .problems.map(({ message }) => message)
                    .join("\n"),
                expected,
            );
    });
    it("are found again by the copies that the version gets, while it has no users", () => {
        const { steps: all } = steps("header,mirror:10,mirror:50,10,100");
        const at = (more: object) => positionOf(all, "v2", { weights: { v1: 100, v2: 0 }, stable: "v1", ...more });
        assert.deepEqual(
            [
                {},
                { headerTo: "v2" },
                { mirror: { to: "v2", percent: 10 } },
                { mirror: { to: "v2" }, headerTo: "v2" },
            ].map(at),
            [-1, 0, 1, 2],
        );
        assert.equal(at({ mirror: { to: "v3", percent: 10 } }), -1);
        assert.equal(at({ weights: { v1: 90, v2: 10 }, mirror: { to: "v2", percent: 10 } }), 3);
    });
    it("tell all that is wrong with them at once", () => {
        const { problems } = steps("50,header,10,0,pause:x");
        assert.equal(problems.length, 5);
        for (const { at, fix } of problems) {
            assert.equal(at, "release.review.steps");
            assert.match(fix ?? "", /^pulumi config set --path release\.review\.steps /);
        }
    });
    it("are found again from what is applied, wherever the users are", () => {
        const rising = fc
            .uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 6 })
            .map((all) => [...all.sort((one, other) => one - other), 100]);
        fc.assert(
            fc.property(rising, fc.integer({ min: 0, max: 100 }), fc.boolean(), (shares, share, tested) => {
                const { steps: all } = steps(["header", ...shares].join(","));
                const applied = {
                    weights: { v1: 100 - share, v2: share },
                    stable: "v1",
                    ...(tested && { headerTo: "v2" }),
                };
                const at = positionOf(all, "v2", applied);
                const next = all[at + 1];
                // Never back, and never past a share that is still to come.
                if (next?.kind === "weight") assert.ok(next.percent > share);
                if (next?.kind === "header") assert.ok(share < (shares[0] ?? 0) && !(tested && share === 0));
                const current = all[at];
                if (current?.kind === "weight") assert.ok(current.percent <= share);
            }),
        );
    });
    it("leave to stable what the new version does not have", () => {
        const weights = { v1: 60, v2: 20, v3: 20 };
        assert.deepEqual(weightsAt("v2", 50, { weights, stable: "v1" }), { v1: 50, v2: 50, v3: 0 });
        assert.deepEqual(weightsAt("v2", 0, { weights, stable: "v1" }), { v1: 100, v2: 0, v3: 0 });
    });
    it("give a baseline as many as the new version has, and half of the others where those are fewer", () => {
        const applied = { weights: { v1: 100, v1b: 0, v2: 0 }, stable: "v1" };
        const at = (percent: number) => weightsAt("v2", percent, applied, "v1b");
        assert.deepEqual(at(10), { v1: 80, v1b: 10, v2: 10 });
        assert.deepEqual(at(50), { v1: 25, v1b: 25, v2: 50 });
        for (const percent of [0, 100]) assert.equal(at(percent).v1b, 0);
        for (let percent = 1; percent <= 100; percent++) {
            const { v1 = 0, v1b = 0, v2 } = at(percent);
            assert.equal(v1 + v1b + percent, 100);
            assert.ok(v2 === percent && v1b <= percent && v1b <= v1);
            // No step raises it by more than it raises the new version.
            assert.ok(v1b - (at(percent - 1).v1b ?? 0) <= 1);
        }
    });
});

describe("a release that is refused before its first step", () => {
    const around = { hasHeader: true, where: " --stack prod" };
    const plan = (text: string, maxRaise: number, share = 0) =>
        releasePlan("review", "v2", text, { weights: { v1: 100 - share, v2: share }, stable: "v1", maxRaise }, around);

    it("is offered steps that are accepted, for the stack that it is about", () => {
        const shares = fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 4 });
        const limits = fc.integer({ min: 5, max: 60 });
        const pauses = fc.constantFrom("", "pause,", "pause:90s,", "pause:<90s,", "mirror:20,", "approval:ann,");
        fc.assert(
            fc.property(shares, limits, pauses, (drawn, maxRaise, pause) => {
                const text = `header,${pause}${[...drawn.sort((a, b) => a - b), 100].join(",")}`;
                let offered = text;
                try {
                    plan(text, maxRaise);
                } catch (error) {
                    const { message } = error as Error;
                    const [, steps] =
                        /fix: npx upshift release review --stack prod --steps '?([^\s']+)'? --to v2$/m.exec(message) ??
                        [];
                    assert.equal(/--steps '/.test(message), text.includes("<"), "a shell would read a file");
                    offered = steps ?? assert.fail(message);
                }
                assert.doesNotThrow(() => plan(offered, maxRaise), offered);
                for (const word of text.split(","))
                    assert.ok(offered.split(",").includes(word), `${word} of ${offered}`);
            }),
        );
    });
});

describe("a baseline", () => {
    const weights = { v1: 100, v1b: 0, v2: 0 };
    const plan = (baseline: string, images = {}) =>
        releasePlan(
            "review",
            "v2",
            "25,50,75,100",
            { weights, stable: "v1", maxRaise: 25, images: () => images },
            { hasHeader: true, where: "", baseline },
        );

    it("is a version of its own that runs stable's code", () => {
        assert.doesNotThrow(() => plan("v1b"));
        assert.doesNotThrow(() => plan("v1b", { v1: "shop:1", v1b: "shop:1", v2: "shop:2" }));
        const fix = /\n {4}fix: .*pulumi config rm --path release\.review\.baseline/.source;
        for (const [baseline, said] of [
            ["v1", "v1 is stable itself"],
            ["v2", "v2 is what is released"],
            ["v0", "the routes of review have no version v0; they have v1, v1b, v2"],
        ] as const)
            assert.throws(() => plan(baseline), new RegExp(`release\\.review\\.baseline: ${said}${fix}`));
        assert.throws(
            () => plan("v1b", { v1: "shop:1", v1b: "shop:0" }),
            new RegExp(`v1b runs shop:0, and v1 runs shop:1: a baseline is stable's code${fix}`),
        );
    });
    it("is known by the images of the stack's own workloads", () => {
        const objects = service({ images: { v1: "shop:1", v2: "shop:2" } });
        const host = { name: "review", namespace: "shop" };
        assert.deepEqual(imagesOf(objects, { host, weights: { v1: 100, v2: 0, v3: 0 } }), {
            v1: "shop:1",
            v2: "shop:2",
        });
    });
});

describe("a service that is released", () => {
    it("is what its routes say: weights, header, stable, limit, and the Service by which it is counted", () => {
        const split = routes({ weights: { v1: 80, v2: 20 }, rules: [byHeader("v2")], marks: { maxRaise: 30 } });
        const { weights, headerTo, stable, host, maxRaise } = whereaboutsOf("review", split);
        assert.deepEqual(
            { weights, headerTo, stable, host, maxRaise },
            {
                weights: { v1: 80, v2: 20 },
                headerTo: "v2",
                stable: "v1",
                host: { name: "review", namespace: "shop" },
                maxRaise: 30,
            },
        );
    });
    it("shows its split where nothing is tried again, and says which versions other rules lead to", () => {
        const ruled = (more: object) => {
            const all = { host: "review", versions: ["v1", "v2"], weights: { v1: 80, v2: 20 }, ...more };
            return whereaboutsOf("review", { ...routes(), body: { spec: routesFor(all) } as unknown as Body }).ruled;
        };
        assert.deepEqual(ruled({}), []);
        assert.deepEqual(ruled({ canaryHeader: { name: "X-group", exact: "test", to: "v2" } }), ["v2"]);
        assert.deepEqual(new Set(ruled({ routing: { affinity: { cookie: "c" } } })), new Set(["v1", "v2"]));
        assert.equal(ruled({ routing: { retryAttempts: 1 } }), undefined);
    });
    it("gets copies where its routes say so", () => {
        const spec = routesFor({
            host: "review",
            versions: ["v1", "v2"],
            weights: { v1: 100, v2: 0 },
            canaryHeader: { name: "X-group", exact: "test", to: "v2" },
            routing: { mirror: { to: "v2", percent: 20 } },
        });
        const of = { ...routes(), body: { spec } as unknown as Body };
        assert.deepEqual(whereaboutsOf("review", of).mirror, { to: "v2", percent: 20 });
        assert.equal(whereaboutsOf("review", routes()).mirror, undefined);
    });
    it("is none whose users the edge moves, or the number of pods: its weights would move nobody", () => {
        const chained = byHeader("v2", { "x-release": { exact: "v2" } });
        assert.throws(
            () => whereaboutsOf("review", routes({ rules: [chained] })),
            /review goes by the word of an edge.*\n {2}fix: mark/,
        );
        const objects = service({ isUnrouted: true });
        const place = { host: "review.shop.svc.cluster.local", entry: "mesh", protocol: "http" } as const;
        assert.throws(() => routesOf(objects, { service: "review", place }), /shares follow the number of its pods/);
    });
    it("is found by its name among all that the stack splits", () => {
        const objects = [...service(), ...service({ name: "product" })];
        const splits = splitsOf("dev", { objects, headers: new Map(), count: objects.length });
        assert.deepEqual(
            ["review", "product"].map((name) => routesOf(objects, splitNamed(splits, name, "dev")).name),
            ["review-vs", "product-vs"],
        );
        assert.throws(
            () => splitNamed(splits, "prodct", "dev"),
            /it splits product, review\.\n {2}fix: name it: product/,
        );
    });
    it("gets its users back by its own routes with other weights, and nothing else of them is changed", () => {
        const specOf = (weights: Weights) =>
            routes({ weights, rules: [byHeader("v2")] }).body.spec as unknown as VirtualServiceSpec;
        const split = specOf({ v1: 50, v2: 50 });
        assert.deepEqual(withWeights(split, { v1: 100, v2: 0 }), specOf({ v1: 100, v2: 0 }));
        assert.deepEqual(split, specOf({ v1: 50, v2: 50 }));
    });
});

describe("the way back", () => {
    it("is gone once more where a driver took its step just then", async () => {
        const config: Record<string, unknown> = {};
        let [v2, ups] = [25, 0];
        const hands = {
            served: () =>
                Promise.resolve({ weights: { v1: 100 - v2, v2 }, stable: "v1" } as unknown as ReleasedService),
            where: "",
            write: (values: Values, { review = {} }: WeightsOf = {}) =>
                Promise.resolve(Object.assign(config, values, weightsConfig("review", review))),
            giveBack: () => Promise.resolve(void (v2 = 0)),
            // The other's write of 50 came between ours and our update.
            up: () => Promise.resolve(void (v2 = ups++ === 0 ? 50 : Number(config["weights.review.v2"]))),
            tell: () => undefined,
        } as unknown as Hands;
        await goBack([{ service: "review", hands, served: await hands.served(), to: "v2" }], "asked for");
        assert.equal(ups, 2);
        assert.deepEqual(config, {
            "weights.review.v1": 100,
            "weights.review.v2": 0,
            "release.review.aborted": "v2",
            "release.review.promoted": undefined,
            "release.review.promotedBy": undefined,
        });
    });
});

describe("the way back, where the routes can't be written by themselves", () => {
    it("is the update's, and the config says so before it", async () => {
        const done: string[] = [];
        let v2 = 25;
        const hands = {
            served: () =>
                Promise.resolve({ weights: { v1: 100 - v2, v2 }, stable: "v1" } as unknown as ReleasedService),
            where: "",
            write: () => Promise.resolve(done.push("write")),
            giveBack: () => Promise.reject(new Error("no answer in 10 s")),
            up: () => Promise.resolve(void (done.push("up"), (v2 = 0))),
            tell: (event: ReleaseEvent) => done.push(linesOf(event).join()),
        } as unknown as Hands;
        await goBack([{ service: "review", hands, served: await hands.served(), to: "v2" }], "asked for");
        assert.deepEqual(done, [
            "back to v1: asked for",
            "back: waits: only pulumi up can do it: no answer in 10 s",
            "write",
            "up",
        ]);
    });
});

describe("a value of the config", () => {
    const config = { "shop:weights": '{"review":{"v1":90,"v2":10}}', "shop:target": "embedded" };
    it("is found by its path, and is none where there is none", () => {
        assert.equal(valueAt(config, "shop", "weights.review.v2"), 10);
        assert.equal(valueAt(config, "shop", "target"), "embedded");
        for (const path of ["weights.product.v1", "release.review.to", "weights.review"])
            assert.equal(valueAt(config, "shop", path), undefined);
    });
});

describe("what is taken out of the config", () => {
    const config = {
        "shop:release": '{"review":{"to":"v2","steps":"20,50"},"product":{"to":"v3"}}',
        "shop:canaryHeader": '{"to":"v2","name":"x-group"}',
        "shop:target": "{embedded",
    };
    it("is a map with its last value: an empty one would be a release that says nothing", () => {
        const none = { "release.review.to": undefined, "release.review.steps": undefined };
        assert.deepEqual(gone(config, "shop", none), ["release.review"]);
        assert.deepEqual(gone(config, "shop", { ...none, "release.product.to": undefined }), ["release"]);
        assert.deepEqual(gone(config, "shop", { ...none, "release.review.aborted": "v2" }), [
            "release.review.to",
            "release.review.steps",
        ]);
        assert.deepEqual(gone(config, "shop", { "release.review": undefined }), ["release.review"]);
        const whole = { "release.review": undefined, "release.product": undefined };
        assert.deepEqual(gone(config, "shop", whole), ["release"]);
    });
    it("is nothing else, and nothing that is not there", () => {
        assert.deepEqual(gone(config, "shop", { "canaryHeader.to": undefined, target: undefined }), [
            "canaryHeader.to",
            "target",
        ]);
        assert.deepEqual(gone(config, "shop", { "release.review.bake": undefined, "blueGreen.review": undefined }), []);
    });
});

describe("a stack that somebody else updates", () => {
    it("is told by what Pulumi prints of its lock, and nothing else is", () => {
        const printed = `error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) to end or delete the lock file with \`pulumi cancel\`.
  file:///state/.pulumi/locks/organization/shop/dev/1.json: created by ann@desk (pid 4711) at 2026-11-26T01:02:03Z`;
        assert.equal(lockedBy(printed), "created by ann@desk (pid 4711) at 2026-11-26T01:02:03Z");
        assert.equal(lockedBy("error: update failed"), undefined);
    });
});

describe("an update that was not made", () => {
    it("was refused where a guard or a policy says so, and went wrong otherwise", () => {
        const jump = { code: "raise", service: "review", version: "v2", from: 0, to: 90, limit: 50 } as const;
        const policy =
            "Policies:\n    [mandatory]  upshift  freeze-window (review-vs: VirtualService)\n      not on Fridays";
        const byGuard = failureOf("dev", [jump, jump], "error: update failed");
        assert.ok(byGuard instanceof Refused);
        assert.equal(byGuard.message.match(/0 → 90/g)?.length, 1);
        const byPolicy = failureOf("dev", [], policy);
        assert.ok(byPolicy instanceof Refused);
        assert.match(byPolicy.message, /^A policy forbids the step:[^]*not on Fridays/);
        const broken = failureOf("dev", [], "error: no space left on device");
        assert.ok(!(broken instanceof Refused));
        assert.match(broken.message, /pulumi up --stack dev failed:\nerror: no space left/);
    });
});

describe("the history of a stack's users", () => {
    const update = (version: number, weights: object | undefined, more: object = {}) => ({
        version,
        kind: "update",
        startTime: `2026-11-26T01:00:0${version}.000Z`,
        result: "succeeded",
        message: `step ${version}`,
        environment: { "git.head": "0123456789abcdef", "git.dirty": "false" },
        config: weights ? { "shop:weights": { value: JSON.stringify(weights) } } : {},
        ...more,
    });
    const history = (...updates: object[]) => historyIn(JSON.stringify(updates.toReversed()), "shop");

    it("has each update that moved somebody, the newest first, measured by the last that went well", () => {
        const found = history(
            update(1, { review: { v1: 100, v2: 0 } }),
            update(2, { review: { v1: 75, v2: 25 } }, { result: "failed" }),
            update(3, { review: { v1: 75, v2: 25 } }),
            update(4, { review: { v1: 75, v2: 25 } }),
        );
        assert.deepEqual(
            found.map(({ version, result, moves }) => [version, result, moves.find((one) => one.version === "v2")?.to]),
            [
                [3, "succeeded", 25],
                [2, "failed", 25],
                [1, "succeeded", undefined],
            ],
        );
        assert.match(historyText(found), /failed: review v1 100 → 75, review v2 0 → 25\n {4}step 2 \(01234567\)/);
    });
    it("does not take a refresh for the update that moved users, which comes after it", () => {
        const found = history(
            update(1, { review: { v1: 100, v2: 0 } }),
            update(2, { review: { v1: 0, v2: 100 } }, { kind: "refresh" }),
            update(3, { review: { v1: 0, v2: 100 } }),
            update(4, { review: { v1: 0, v2: 100 } }, { kind: "destroy" }),
            update(5, { review: { v1: 0, v2: 100 } }),
        );
        assert.deepEqual(
            found.map(({ version, moves }) => [version, moves.find((one) => one.version === "v2")?.from]),
            [
                [5, 0],
                [3, 0],
                [1, undefined],
            ],
        );
    });
    it("counts them from the oldest where the backend numbers none, as one of files does", async () => {
        const none = [25, 10, 0].map((v2) => update(0, { review: { v1: 100 - v2, v2 } }, { version: 0 }));
        const found = historyIn(JSON.stringify(none), "shop");
        assert.deepEqual(
            found.map(({ version, moves }) => [version, moves.find((one) => one.version === "v2")?.to]),
            [
                [3, 25],
                [2, 10],
                [1, undefined],
            ],
        );
        // Of those that are numbered no more is read than is asked for, and of the others all.
        const pages = (isNumbered: boolean, ended = 0): ((args: readonly string[]) => Promise<string>) => {
            const all = Array.from({ length: 250 }, (_, index) => {
                return { version: isNumbered ? 250 - index : 0, startTime: `${250 - index}` };
            });
            return (args) => {
                const page = Number(args[args.indexOf("--page") + 1]);
                const moved = page === 1 ? 0 : ended;
                return Promise.resolve(
                    JSON.stringify(all.slice(Math.max(0, (page - 1) * 100 - moved), page * 100 - moved)),
                );
            };
        };
        const read = async (isNumbered: boolean, last: number) =>
            (JSON.parse(await readHistory(pages(isNumbered), "dev", last)) as object[]).length;
        assert.deepEqual([await read(true, 120), await read(true, 1000), await read(false, 120)], [120, 250, 250]);
        // One that ends between two pages moves the last of the first page to the second: it is there once all the same.
        const twice = JSON.parse(await readHistory(pages(false, 1), "dev")) as { startTime: string }[];
        assert.deepEqual(
            twice.map(({ startTime }) => Number(startTime)),
            Array.from({ length: 250 }, (_, index) => 250 - index),
        );
    });
    it("is in its order also where the backend has no numbers, as one of files has not", () => {
        const found = history(
            update(0, { review: { v1: 100, v2: 0 } }),
            update(0, { review: { v1: 90, v2: 10 } }, { message: "a tenth" }),
            update(0, { review: { v1: 100, v2: 0 } }, { message: "and back" }),
        );
        const shares = found.map(({ message, moves }) => [message, moves.find((one) => one.version === "v2")?.to]);
        assert.deepEqual(shares.slice(0, 2), [
            ["and back", 0],
            ["a tenth", 10],
        ]);
    });
    it("reads the weights of a project with one service, and of none", () => {
        const [first] = history(update(1, { v1: 90, v2: 10 }));
        assert.deepEqual(first?.moves[1], { service: "", version: "v2", from: 0, to: 10 });
        assert.deepEqual(history(update(1, undefined)), []);
        assert.match(historyText([]), /No update/);
    });
});
