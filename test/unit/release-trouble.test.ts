import * as assert from "node:assert/strict";
import { StepRefused } from "../../cluster/refused";
import { shapeProblems } from "../../rollout/config/shapeProblems";
import { ExitCode } from "../../rollout/exitCode";
import type { VersionCounts } from "../../rollout/gate/counts";
import type { Compared, CountedWindow } from "../../rollout/gate/windows";
import { goBack } from "../../rollout/release/back";
import { Driver } from "../../rollout/release/driver";
import type { FinishHands } from "../../rollout/release/finish/finishHands";
import type { Outcome, ReleaseEvent, Stop } from "../../rollout/release/hands";
import { manyOf } from "../../rollout/release/manyHands";
import type { ReleasedService } from "../../rollout/release/service";
import { declaredRelease, release } from "../../rollout/release/settings";
import { StackHands } from "../../rollout/release/stackHands";
import { lockedBy } from "../../rollout/release/update";
import { finish } from "../../rollout/release/verbs/finish";
import { take } from "../../rollout/release/verbs/take";
import { StepWatch } from "../../rollout/release/watch";
import { countedWindow } from "../support/countedWindow";
import { ReleaseWorld, useReleaseClock } from "../support/releaseWorld";

/** A world in which somebody may stop the line, with each time that it was asked. */
class World extends ReleaseWorld {
    asked = 0;
    onStopped: (asked: number) => Promise<Stop | undefined> = () => Promise.resolve(undefined);
    stopped(): Promise<Stop | undefined> {
        return this.onStopped(++this.asked);
    }
    /** Users are given back, as `abort` does it: routes, config, update. */
    async abort(): Promise<void> {
        await goBack([{ service: "review", hands: this, to: "v2", served: await this.served() }], "somebody asked");
    }
}

/** One whose requests are timed, and which knows nothing of the hour before: the proxies have no past. */
class TimedWorld extends World {
    override past = (): Promise<VersionCounts[]> => Promise.resolve([]);
    override async window(compared: Compared): Promise<CountedWindow | undefined> {
        const found = await super.window(compared);
        if (!found) return undefined;
        const { canary, stable, seconds, step } = found;
        return countedWindow({ seconds, step, canary: timed(canary), stable: stable && timed(stable) }, compared);
    }
}

function timed(counts: VersionCounts): VersionCounts {
    const within = (share: number): number => Math.round(counts.requests * share);
    const edges: [number, number][] = [
        [10, within(0.5)],
        [50, within(0.9)],
        [100, within(0.99)],
        [Infinity, counts.requests],
    ];
    return { ...counts, timed: new Map(edges) };
}

function weightsIn({ config }: World): unknown[] {
    return [config.get("weights.review.v1"), config.get("weights.review.v2")];
}

const stop: Stop = { since: "2026-11-27T20:00:00Z", by: "ann@desk", reason: "an incident", stack: "dev" };

describe("a release in trouble", () => {
    useReleaseClock();
    const drive = (world: World, options = {}): Promise<Outcome> =>
        new Driver("review", world, { hasHeader: true, ...options }).run();
    const set = (more: Record<string, string | number | boolean>): Record<string, string | number | boolean> => ({
        to: "v2",
        bake: "30s",
        ...more,
    });
    const made = (more: Record<string, string | number | boolean> = {}): World => new World(set(more));
    const timedWorld = (more: Record<string, string | number | boolean> = {}): TimedWorld => {
        const world = new TimedWorld(set(more));
        world.gate = {};
        return world;
    };

    describe("whose requests are timed, and which knows nothing of the time before its first share", () => {
        it("goes through by the gate as it is by default", async () => {
            assert.equal(await drive(timedWorld({ steps: "10,25,50,100" })), "done");
        });
        it("goes on where it was killed at a share", async () => {
            const world = timedWorld();
            world.weights = { v1: 75, v2: 25 };
            assert.equal(await drive(world), "done");
            assert.deepEqual(world.applied, ["50", "100"]);
        });
        it("is watched at all users before it is finished", async () => {
            const world = timedWorld();
            world.weights = { v1: 0, v2: 100 };
            const moved = [{ service: "review", hands: world, to: "v2", served: await world.served() }];
            const step = { kind: "weight", name: "100", percent: 100 } as const;
            assert.equal(await new StepWatch(world, { bake: "10m" }).passed([step], 0, moved), undefined);
        });
    });

    describe("whose hour before can't be read", () => {
        it("asks for it again before it judges anything", async () => {
            const world = made({ steps: "50,100" });
            let tries = 0;
            world.past = () => (++tries < 3 ? Promise.reject(new Error("502 Bad Gateway")) : Promise.resolve([]));
            assert.equal(await drive(world), "done");
            assert.equal(tries, 3);
            const [first] = world.events.flatMap((one) => (one.kind === "gate" ? [one.reason] : []));
            assert.match(first ?? "", /The hour before it can't be read: 502 Bad Gateway/);
        });
        it("goes on without it in the end", async () => {
            const world = made({ steps: "50,100" });
            world.bygone = new Error("no history here");
            assert.equal(await drive(world), "done");
        });
    });

    describe("that is aborted between its last look and its next step", () => {
        for (const [when, asked] of [
            ["the first", 1],
            ["a later", 2],
        ] as const)
            it(`does not take ${when} step`, async () => {
                const world = made({ steps: "10,25,50,100" });
                world.onStopped = async (count) => {
                    // Asked once more when the release begins.
                    if (count === asked + 1) await world.abort();
                    return undefined;
                };
                assert.equal(await drive(world), "aborted");
                assert.equal(world.weights.v2, 0);
                assert.equal(world.config.get("weights.review.v2"), 0);
            });
        it("gives users back once more where its step came after the abort", async () => {
            const world = made({ steps: "10,25,50,100" });
            const { up } = world;
            let isAborted = false;
            world.up = async (message) => {
                const isStep = message.endsWith("25") || message.includes(": 25;");
                if (!isStep || isAborted) return up.call(world, message);
                isAborted = true;
                const own = new Map(world.config);
                await world.abort();
                // The step had read the config before.
                world.config.set("weights.review.v2", own.get("weights.review.v2") ?? 0);
                return up.call(world, message);
            };
            assert.equal(await drive(world), "aborted");
            assert.ok(isAborted);
            assert.equal(world.weights.v2, 0);
        });
    });

    describe("with a baseline", () => {
        it("takes its steps where the version has fewer users than the first of them", async () => {
            const world = made({ baseline: "v1b", steps: "10,50,100" });
            world.weights = { v1: 95, v1b: 0, v2: 5 };
            assert.equal(await drive(world), "done");
            assert.deepEqual(world.applied, ["10", "50", "100"]);
        });
    });
    it("is not done where somebody has moved users away while its last step was watched", async () => {
        const world = made({ steps: "50,100" });
        world.onRest = () => {
            if (world.weights.v2 === 100) world.weights = { v1: 40, v2: 60 };
        };
        assert.equal(await drive(world), "held");
        assert.match(world.end.words, /Somebody has moved the users of review from v2 meanwhile/);
    });

    describe("of a word that let it go on", () => {
        it("forgets one that came too late, where users are given back", async () => {
            const world = made({ steps: "10,25,50,100" });
            world.weights = { v1: 75, v2: 25 };
            world.failing = 100;
            world.onRest = () => world.config.set("release.review.promoted", "10");
            assert.equal(await drive(world), "rolledBack");
            assert.equal(world.config.get("release.review.promoted"), undefined);
        });
        it("hears none that was said of an earlier release", async () => {
            const world = made({ steps: "10,50,100", bake: "5m", promoted: "10", aborted: "v2" });
            assert.equal(await drive(world, { again: true }), "done");
            const [first] = world.events.flatMap((one) =>
                one.kind === "gate" && one.step === "10" && one.verdict === "pass" ? [one.seconds] : [],
            );
            assert.ok((first ?? 0) >= 300, `it was watched for ${first} s`);
        });
    });

    describe("whose config can't be read", () => {
        it("watches on, and goes on once it can", async () => {
            const world = made({ steps: "10,50,100" });
            const { settings } = world;
            let reads = 0;
            world.settings = () => {
                reads++;
                const isBroken = reads > 4 && reads < 12;
                return isBroken ? Promise.reject(new Error("502 Bad Gateway")) : settings.call(world);
            };
            assert.equal(await drive(world), "done");
            const why = world.events.flatMap((one) => (one.kind === "waits" ? [one.why] : []));
            assert.match(why[0] ?? "", /the config can't be read, and until it can nobody goes on: 502 Bad Gateway/);
        });
        it("gives users back meanwhile", async () => {
            const world = made({ steps: "10,50,100" });
            const { settings } = world;
            world.settings = () =>
                world.weights.v2 === 10 && world.failing > 0
                    ? Promise.reject(new Error("502 Bad Gateway"))
                    : settings.call(world);
            world.onRest = () => {
                if (world.weights.v2 === 10) world.failing = 500;
            };
            assert.equal(await drive(world), "rolledBack");
        });
        it("holds after its timeout", async () => {
            const world = made({ steps: "10,50,100" });
            const { settings } = world;
            world.settings = () =>
                world.applied.length > 0 && world.events.some(({ kind }) => kind === "gate")
                    ? Promise.reject(new Error("502 Bad Gateway"))
                    : settings.call(world);
            assert.equal(await drive(world), "held");
            assert.equal(world.weights.v2, 10);
        });
    });

    describe("that is paused for longer than its timeout", () => {
        it("goes on by what its gate says", async () => {
            const world = made({ steps: "50,100", paused: true });
            let looks = 0;
            world.onRest = () => ++looks === 600 && world.config.delete("release.review.paused");
            assert.equal(await drive(world), "done");
        });
        it("still has the time that it had left, where nobody can judge it", async () => {
            const world = made({ steps: "50,100", timeout: "1h", paused: true });
            world.weights = { v1: 50, v2: 50 };
            world.isSilent = true;
            let resumed = NaN;
            world.onRest = () => {
                if (!world.config.has("release.review.paused") || world.events.length < 1200) return;
                world.config.delete("release.review.paused");
                resumed = Date.now();
            };
            assert.equal(await drive(world), "held");
            assert.ok(Date.now() - resumed >= 3_500_000, `${Date.now() - resumed} ms`);
        });
    });
    it("is refused where a step would be watched for longer than it is waited for", async () => {
        const said = { to: "v2", bake: "2h" };
        assert.match(release.safeParse(said).error?.issues[0]?.message ?? "", /none could pass: ask for more than 2h/);
        assert.ok(release.safeParse({ ...said, timeout: "3h" }).success);
        // What the message offers ends it, whether or not the config has a timeout.
        for (const given of [
            said,
            { ...said, timeout: "1h" },
            { to: "v2", timeout: "1s" },
            { to: "v2", bake: "0s", timeout: "0s" },
        ]) {
            const [only, ...others] = shapeProblems(
                release.safeParse(given).error?.issues ?? [],
                given,
                "release.review",
            );
            assert.equal(others.length, 0);
            assert.doesNotMatch(only?.message ?? "", /undefined/);
            const [, timeout] = /^pulumi config set --path release\.review\.timeout (\S+)$/.exec(only?.fix ?? "") ?? [];
            assert.ok(release.safeParse({ ...given, timeout }).success, only?.fix);
        }
    });

    describe("while the line is stopped", () => {
        const stopAt = new Set([3, 4, 5]);
        it("needs an approval once, and asks the checks of a step once more for none of it", async () => {
            const world = made({ steps: "10,approval,50,100" });
            world.checks = [{ name: "load", command: ["true"] }];
            world.onStopped = (asked) => Promise.resolve(stopAt.has(asked) ? stop : undefined);
            let given = 0;
            world.onRest = () => {
                const last = world.events.at(-1);
                if (last?.kind !== "waits" || !last.step.startsWith("approval")) return;
                if (world.config.has("release.review.promoted")) return;
                given++;
                world.config.set("release.review.promoted", "10");
            };
            assert.equal(await drive(world), "done");
            assert.equal(given, 1);
            // One for each of its steps.
            assert.deepEqual(world.takenAway, ["load", "load", "load"]);
        });
        it("gives users back all the same where the version turns bad", async () => {
            const world = made({ steps: "10,50,100" });
            world.onStopped = (asked) => {
                if (asked >= 3) world.failing = 500;
                return Promise.resolve(asked >= 3 ? stop : undefined);
            };
            assert.equal(await drive(world), "rolledBack");
            assert.deepEqual(world.applied.slice(0, 2), ["10", "given back"]);
        });
        it("asks again where that can't be read", async () => {
            const world = made({ steps: "50,100" });
            world.onStopped = (asked) => (asked === 3 ? Promise.reject(new Error("502")) : Promise.resolve(undefined));
            assert.equal(await drive(world), "done");
        });
    });

    describe("that is aborted while an update of its fails", () => {
        /** The abort's routes, mark and weights are there when the update is refused. */
        const refused = (world: World): void => {
            const { up } = world;
            world.up = async () => {
                world.up = up;
                await world.abort();
                throw new StepRefused([]);
            };
        };
        it("leaves what the abort has written, after a step of the driver", async () => {
            const world = made({ steps: "25,50,100" });
            world.weights = { v1: 75, v2: 25 };
            refused(world);
            await assert.rejects(drive(world), StepRefused);
            assert.deepEqual(weightsIn(world), [100, 0]);
        });
        it("leaves it after a step that was made by hand", async () => {
            const world = made();
            world.weights = { v1: 90, v2: 10 };
            await world.write({}, { review: { v1: 90, v2: 10 } });
            refused(world);
            const hands = manyOf([{ service: "review", hands: world }]);
            await assert.rejects(
                take(hands, { step: "25", message: "goto", weights: { review: { v1: 75, v2: 25 } } }),
                StepRefused,
            );
            assert.deepEqual(weightsIn(world), [100, 0]);
            assert.equal(world.config.get("release.review.aborted"), "v2");
        });
    });

    describe("whose step was applied before its update failed, and whose state can't be read", () => {
        const unread = (world: World, isIt: () => boolean): void => {
            const { up, served } = world;
            let isLost = false;
            world.up = async (message) => {
                await up.call(world, message);
                if (!isIt()) return;
                isLost = true;
                throw new Error("a proxy did not answer in time");
            };
            world.served = () => (isLost ? Promise.reject(new Error("502 Bad Gateway")) : served.call(world));
        };
        it("leaves the config as it was written, and says so", async () => {
            const world = made({ steps: "25,50,100" });
            unread(world, () => world.weights.v2 === 50);
            await assert.rejects(
                drive(world),
                /did not answer in time\nWhat is applied can't be read either, .*\n {2}fix: see what is applied/,
            );
            assert.equal(world.config.get("weights.review.v2"), 50);
        });
        it("does so for a step that was made by hand", async () => {
            const world = made();
            world.weights = { v1: 50, v2: 50 };
            unread(world, () => true);
            const hands = manyOf([{ service: "review", hands: world }]);
            await assert.rejects(
                take(hands, { step: "1 of 1", message: "undo", weights: { review: { v1: 75, v2: 25 } } }),
                /What is applied can't be read either/,
            );
            assert.equal(world.config.get("weights.review.v2"), 25);
        });
    });

    it("finds out again what could not be read when it was first counted, and takes its time over it", async () => {
        const hands = new (class extends StackHands {
            asks = 0;
            rests = 0;
            override settings() {
                return Promise.resolve(release.parse({ to: "v2" }));
            }
            override served(): Promise<ReleasedService> {
                this.asks++;
                return Promise.reject(new Error("502 Bad Gateway"));
            }
            override rest() {
                this.rests++;
                return Promise.resolve();
            }
        })("dev", "review", () => undefined, "/nowhere");
        for (let look = 0; look < 3; look++)
            await assert.rejects(
                hands.window({ canary: "v2", stable: "v1", step: 0 }, { name: "review", namespace: "shop" }),
                /502/,
            );
        assert.deepEqual([hands.asks, hands.rests], [3, 3]);
    });

    it("knows a lock of Pulumi Cloud, which says nobody's name", () => {
        assert.equal(
            lockedBy("error: [409] Conflict: Another update is currently in progress.\n"),
            "by another update",
        );
        assert.equal(lockedBy("error: [409] Conflict: something else"), undefined);
    });
});

describe("finish of a release", () => {
    useReleaseClock();
    /** A stable version is what the last update was told. */
    class FinishWorld extends World implements FinishHands {
        stable = "v1";
        constructor(more: Record<string, string> = {}) {
            super({ to: "v2", ...more });
            this.weights = { v1: 0, v2: 100 };
            this.config.set("weights.review.v1", 0).set("weights.review.v2", 100);
        }
        override async served(): Promise<ReleasedService> {
            const routes = { name: "review-vs", body: { spec: {} } };
            return { ...(await super.served()), stable: this.stable, routes } as unknown as ReleasedService;
        }
        override async up(message: string): Promise<void> {
            await super.up(message);
            this.stable = String(this.config.get("stable.review") ?? "v1");
        }
        async declared() {
            const { to, ...others } = await this.settings();
            return declaredRelease.parse(this.config.has("release.review.to") ? { to, ...others } : others);
        }
        override settings() {
            const isThere = this.config.has("release.review.to");
            if (!isThere) this.config.set("release.review.to", "v2");
            const read = super.settings();
            if (!isThere) this.config.delete("release.review.to");
            return read;
        }
        movedAt(): Promise<number> {
            return Promise.resolve(Date.now() - 60_000);
        }
    }
    const options = {
        count: () => Promise.reject(new Error("nobody counts")),
        remover: { plan: () => Promise.reject(new Error("nothing is taken away")) },
    };
    const finished = (world: FinishWorld): Promise<ExitCode> =>
        finish([{ service: "review", hands: world }], { ...options, count: () => Promise.resolve(quiet) });
    const quiet = { seconds: 10, requests: 0, open: 0 };
    const words = (world: World): string => (world.events.at(-1) as ReleaseEvent & { words: string }).words;

    it("makes nothing stable that nobody has any more after the time for which the old version was kept", async () => {
        const world = new FinishWorld({ keep: "30m" });
        let looks = 0;
        world.onRest = () => {
            if (++looks === 3) world.weights = { v1: 100, v2: 0 };
        };
        assert.notEqual(await finished(world), ExitCode.Well);
        assert.equal(world.config.get("stable.review"), undefined);
        assert.match(words(world), /moved the users of review from v2 meanwhile, and v1 stays the stable version/);
    });
    it("is ended by a rollback that comes while its update is made, with users on the old version", async () => {
        const world = new FinishWorld();
        const { up } = world;
        let isFirst = true;
        world.up = async (message) => {
            if (!isFirst) return up.call(world, message);
            isFirst = false;
            const own = new Map(world.config);
            await world.write({ "release.review.aborted": "v2" }, { review: { v1: 100, v2: 0 } });
            // The update had read the config before.
            world.stable = String(own.get("stable.review"));
        };
        assert.equal(await finished(world), ExitCode.Findings);
        assert.deepEqual([world.stable, world.weights], ["v1", { v1: 100, v2: 0 }]);
        assert.equal(world.config.get("stable.review"), undefined);
        assert.equal(world.config.get("release.review.aborted"), "v2");
    });
    it("goes on from where its update failed after it was made", async () => {
        const world = new FinishWorld();
        const { up } = world;
        let isFirst = true;
        world.up = async (message) => {
            await up.call(world, message);
            if (!isFirst) return;
            isFirst = false;
            throw new Error("a proxy did not answer in time");
        };
        await assert.rejects(finished(world), /did not answer in time/);
        assert.equal(world.config.get("stable.review"), "v2");
        assert.equal(await finished(world), ExitCode.Well);
        assert.match(words(world), /^v2 is the stable version of review; v1 has no users and can be taken away/);
        assert.equal(world.config.get("release.review.to"), undefined);
    });
    it("leaves the config as it was where its update is refused", async () => {
        const world = new FinishWorld();
        world.up = () => Promise.reject(new StepRefused([]));
        await assert.rejects(finished(world), StepRefused);
        assert.equal(world.config.get("stable.review"), undefined);
    });
});
