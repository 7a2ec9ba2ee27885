import * as assert from "node:assert/strict";
import { release as schema } from "../../rollout/release/settings";
import type { Weights } from "../../components/traffic/split/weights";
import { Driver } from "../../rollout/release/driver";
import type { Outcome } from "../../rollout/release/hands";
import { goBack } from "../../rollout/release/back";
import { promotion } from "../../rollout/release/kinds/waiting";
import type { Answer } from "../../rollout/gate/checks/check";
import { ReleaseWorld as World, useReleaseClock } from "../support/releaseWorld";

describe("a release", () => {
    useReleaseClock();
    const drive = (world: World, options = {}): Promise<Outcome> =>
        new Driver("review", world, { hasHeader: true, ...options }).run();
    const made = (more: Record<string, string | number | boolean> = {}): World =>
        new World({ to: "v2", bake: "30s", ...more });

    it("takes its steps in order, each once its gate has passed, and ends with all users", async () => {
        const world = made();
        assert.equal(await drive(world), "done");
        assert.deepEqual(world.applied, ["header", "10", "25", "50", "100"]);
        const passed = world.events.flatMap((one) => (one.kind === "gate" && one.verdict === "pass" ? [one.step] : []));
        assert.deepEqual(passed, ["10", "25", "50", "100"]);
        // Each by what was counted at its own share, for as long as it is to bake.
        for (const one of world.events) if (one.kind === "gate" && one.verdict === "pass") assert.ok(one.seconds >= 30);
    });
    it("tells at each look what users' requests say of each version at this step, and how long it takes", async () => {
        const world = made({ steps: "10,pause:1m,50,100" });
        assert.equal(await drive(world), "done");
        const all = world.events.flatMap((one) => (one.kind === "gate" ? [one] : []));
        const [first, second] = all;
        // Nothing was counted at 10 % yet: its time to bake, less the 10 s of that look.
        assert.deepEqual([first?.traffic, first?.left], [[], { step: 20, release: 20 + 60 + 30 + 30 }]);
        assert.deepEqual(second?.traffic, [
            {
                ...{ service: "review", seconds: 10, requests: 1000 },
                versions: [
                    { version: "v1", requests: 900, failed: 0, share: 90, success: 100 },
                    { version: "v2", requests: 100, failed: 0, share: 10, success: 100 },
                ],
            },
        ]);
        // 343 requests prove the ceiling, of which 100 have come.
        assert.ok((second?.left.step ?? NaN) >= 20 && (second?.left.step ?? NaN) < 40, JSON.stringify(second?.left));
        const last = all.at(-1);
        assert.deepEqual([last?.position, last?.steps, last?.left], [4, 4, { step: 0, release: 0 }]);
        assert.deepEqual(
            last?.traffic[0]?.versions.map(({ version, share }) => `${version} ${share}`),
            ["v1 0", "v2 100"],
        );
    });
    it("does not say how long it takes while it is paused", async () => {
        const world = made({ steps: "50,100", paused: true });
        world.weights = { v1: 50, v2: 50 };
        let looks = 0;
        world.onRest = () => ++looks === 3 && world.config.delete("release.review.paused");
        assert.equal(await drive(world), "done");
        const left = world.events.flatMap((one) => (one.kind === "gate" ? [one.left] : []));
        assert.deepEqual(left.slice(0, 3), [{}, {}, {}]);
        assert.ok(left.slice(3).every(({ step }) => step !== undefined));
    });
    it("goes on from where the users are, whoever brought them there", async () => {
        const world = made();
        world.weights = { v1: 75, v2: 25 };
        assert.equal(await drive(world), "done");
        assert.deepEqual(world.applied, ["50", "100"]);
        const [first] = world.events;
        assert.ok(first?.kind === "begins" && first.goesOnFrom === "25");
    });
    it("knows from the hour before how many of stable's requests fail at once, and believes failures so much less", async () => {
        const after = (bygone: World["bygone"]): World => {
            const world = made({ steps: "50,100", timeout: "3m" });
            world.weights = { v1: 50, v2: 50 };
            world.failing = 20;
            world.bygone = bygone;
            return world;
        };
        // Of a hundred windows each tenth had a hundred failures, and the others none.
        const bursts = Array.from({ length: 100 }, (_, index) => ({
            requests: 1000,
            failed: index % 10 === 0 ? 100 : 0,
        }));
        const single = Array.from({ length: 100 }, () => ({ requests: 1000, failed: 10 }));
        assert.equal(await drive(after(bursts)), "held");
        assert.equal(await drive(after(single)), "rolledBack");
        assert.equal(await drive(after(new Error("Prometheus is gone"))), "rolledBack");
    });
    it("compares with a baseline that has as many users, where the release names one", async () => {
        const world = made({ baseline: "v1b", steps: "10,50,100" });
        world.weights = { v1: 100, v1b: 0, v2: 0 };
        const seen: Weights[] = [];
        world.onRest = () => void seen.push(world.weights);
        assert.equal(await drive(world), "done");
        assert.ok(seen.some(({ v1, v1b, v2 }) => v1 === 80 && v1b === 10 && v2 === 10));
        assert.deepEqual([...new Set(world.comparedWith)], ["v1b", undefined]);
        assert.deepEqual(world.weights, { v1: 0, v1b: 0, v2: 100 });
    });
    it("gives the baseline its share first where the users were brought there without it", async () => {
        const world = made({ baseline: "v1b", steps: "10,50,100" });
        world.weights = { v1: 90, v1b: 0, v2: 10 };
        assert.equal(await drive(world), "done");
        assert.deepEqual(world.applied, ["10", "50", "100"]);
    });
    it("gives the users of the baseline back, too, where the new version is worse than it", async () => {
        const world = made({ baseline: "v1b", steps: "10,50,100" });
        world.weights = { v1: 100, v1b: 0, v2: 0 };
        world.failing = 50;
        assert.equal(await drive(world), "rolledBack");
        assert.deepEqual(world.weights, { v1: 100, v1b: 0, v2: 0 });
        assert.equal(world.config.get("release.review.aborted"), "v2");
    });
    it("looks at the share that it finds before it takes the next, and gives users back from there", async () => {
        const world = made();
        world.weights = { v1: 75, v2: 25 };
        world.failing = 50;
        assert.equal(await drive(world), "rolledBack");
        assert.deepEqual(world.applied, ["given back", "0"]);
    });
    it("gives users back by the routes that are applied then, and not by those that the step was taken with", async () => {
        const world = made();
        world.failing = 50;
        world.onRest = () => (world.routesNow = "review-vs of somebody's update meanwhile");
        assert.equal(await drive(world), "rolledBack");
        assert.equal(world.writtenBack, "review-vs of somebody's update meanwhile");
    });
    it("gives everybody back where the new version is worse, and does not start it again by itself", async () => {
        const world = made();
        world.failing = 50;
        assert.equal(await drive(world), "rolledBack");
        assert.deepEqual(world.applied, ["header", "10", "given back", "header"]);
        assert.deepEqual(world.weights, { v1: 100, v2: 0 });
        assert.equal(world.config.get("weights.review.v2"), 0);
        await assert.rejects(
            drive(world),
            /review v2 was aborted.*\n {2}fix: npx upshift release review --to v2 --again/,
        );
        world.failing = 0;
        assert.equal(await drive(world, { again: true }), "done");
    });
    it("holds in place of going back, where that is asked for", async () => {
        const world = made({ onFail: "hold" });
        world.failing = 50;
        assert.equal(await drive(world), "held");
        assert.deepEqual(world.weights, { v1: 90, v2: 10 });
        assert.equal(world.config.get("release.review.aborted"), undefined);
    });
    it("neither goes on nor back where nobody counts", async () => {
        const world = made({ timeout: "10m" });
        world.isSilent = true;
        assert.equal(await drive(world), "held");
        assert.deepEqual(world.applied, ["header", "10"]);
        assert.match(world.end.words, /10 could not be judged within 10m/);
    });
    it("leaves the config as it was before a step that is refused", async () => {
        const world = made();
        world.refusesFrom = 50;
        await assert.rejects(drive(world), /a raise too far/);
        assert.equal(world.config.get("weights.review.v2"), 25);
        assert.deepEqual(world.weights, { v1: 75, v2: 25 });
    });
    it("lets the config say what was applied of an update that failed after it", async () => {
        const world = made({ steps: "25,50,100" });
        const { up } = World.prototype;
        world.up = async () => {
            await up.call(world, "");
            if (world.weights.v2 === 50) throw new Error("a proxy did not answer in time");
        };
        await assert.rejects(drive(world), /did not answer in time/);
        assert.equal(world.config.get("weights.review.v2"), 50);
    });
    it("keeps the word that a version was aborted where the next release of it can't be made", async () => {
        const world = made({ aborted: "v2", steps: "10" });
        await assert.rejects(drive(world, { again: true }), /the last share must be 100/);
        assert.equal(world.config.get("release.review.aborted"), "v2");
    });
    it("waits at a pause until somebody lets it go on, and not at one that is over", async () => {
        const world = made({ steps: "10,pause:1m,50,pause,100" });
        let looks = 0;
        world.onRest = () => {
            const [last] = world.events.slice(-1);
            if (last?.kind !== "waits" || last.step !== "pause-3" || ++looks < 20) return;
            world.config.set("release.review.promoted", "50");
        };
        assert.equal(await drive(world), "done");
        assert.deepEqual(world.applied, ["10", "50", "100"]);
        assert.equal(looks, 20);
        assert.equal(world.config.get("release.review.promoted"), undefined);
    });
    it("passes a gate by somebody's word", async () => {
        const world = made({ steps: "50,100" });
        world.isSilent = true;
        world.onRest = () => world.config.set("release.review.promoted", String(world.weights.v2));
        assert.equal(await drive(world), "done");
    });
    it("stays where it is while it is paused, and goes on after that", async () => {
        const world = made({ steps: "50,100", paused: true });
        let looks = 0;
        world.onRest = () => ++looks === 60 && world.config.delete("release.review.paused");
        assert.equal(await drive(world), "done");
        assert.ok(looks > 60);
        assert.deepEqual(world.applied, ["50", "100"]);
    });
    it("ends where somebody else aborts it, and where it is interrupted", async () => {
        const aborted = made();
        aborted.onRest = () => aborted.weights.v2 === 25 && aborted.config.set("release.review.aborted", "v2");
        assert.equal(await drive(aborted), "aborted");
        assert.deepEqual(aborted.applied, ["header", "10", "25"]);
        const interrupted = made();
        interrupted.onRest = () => (interrupted.isInterrupted = interrupted.weights.v2 === 25);
        assert.equal(await drive(interrupted), "held");
        assert.deepEqual(interrupted.applied, ["header", "10", "25"]);
    });
    it("ends where the config asks for another version by now, and moves nobody to it", async () => {
        const world = made();
        world.onRest = () => world.weights.v2 === 25 && world.config.set("release.review.to", "v3");
        assert.equal(await drive(world), "held");
        assert.deepEqual(world.applied, ["header", "10", "25"]);
        assert.match(world.end.words, /asks for review v3 by now/);
    });
    it("takes one step alone", async () => {
        const world = made({ steps: "10,50,100" });
        for (const share of [10, 50, 100]) {
            assert.equal(await drive(world, { once: true }), "held");
            assert.equal(world.weights.v2, share);
        }
        assert.equal(await drive(world, { once: true }), "done");
    });
    it("only notes what its gate says, where it is not to be enforced", async () => {
        const world = made({ enforce: false });
        world.failing = 50;
        assert.equal(await drive(world), "done");
        assert.ok(world.events.some((one) => one.kind === "gate" && one.verdict === "fail" && !one.isEnforced));
    });
    it("declares a switch that goes from testers to everybody, and no other", async () => {
        const world = made({ steps: "header,100" });
        assert.equal(await drive(world), "done");
        assert.equal(world.config.get("blueGreen.review"), "v2");
        assert.deepEqual(world.applied, ["header", "100"]);
    });

    describe("whose users are not split as configured", () => {
        const off = (real: number, ruled: readonly string[] | undefined, weight = 25): World => {
            const world = made({ steps: "25,50,100", timeout: "10m" });
            Object.assign(world, { weights: { v1: 100 - weight, v2: weight }, real, ruled });
            return world;
        };

        it("is held, with what was measured, however well its gate is", async () => {
            for (const real of [15, 35]) {
                const world = off(real, []);
                assert.equal(await drive(world), "held");
                assert.deepEqual(world.applied, []);
                const last = world.events.findLast((one) => one.kind === "gate");
                assert.equal(last?.verdict, "hold");
                assert.match(
                    last.reason,
                    new RegExp(`^split: v2 got ${real}\\.0 % of \\d+ requests, and 25 % is conf`),
                );
            }
        });
        it("goes back all the same where its gate fails", async () => {
            const world = off(35, []);
            world.failing = 100;
            assert.equal(await drive(world), "rolledBack");
        });
        it("is held for too few requests alone where testers may add to them", async () => {
            assert.equal(await drive(off(15, ["v2"])), "held");
            const more = off(35, ["v2"]);
            more.onRest = () => (more.weights.v2 ?? 0) > 25 && Object.assign(more, { real: undefined });
            assert.equal(await drive(more), "done");
        });
        it("is not called so where requests do not show it: other rules lead to stable, or they are tried again", async () => {
            for (const ruled of [["v1", "v2"], undefined]) {
                const world = off(15, ruled);
                world.onRest = () => (world.weights.v2 ?? 0) > 25 && Object.assign(world, { real: undefined });
                assert.equal(await drive(world), "done");
            }
        });
    });

    describe("with further checks", () => {
        const checked = (check: object, more: Record<string, string | number | boolean> = {}): World => {
            const world = made({ steps: "header,50,100", ...more });
            world.checks = [{ name: "smoke", webhook: { url: "http://127.0.0.1:9/" }, ...check }];
            return world;
        };
        const says = (verdict: Answer["verdict"]) => () => Promise.resolve({ verdict, evidence: "so it is" });

        it("leaves a step once they pass, the header test too, and takes away what they made for it", async () => {
            const world = checked({});
            let asked = 0;
            world.said = () => says(++asked < 3 ? "inconclusive" : "pass")();
            assert.equal(await drive(world), "done");
            const first = world.events.findIndex((one) => one.kind === "check" && one.verdict === "pass");
            const second = world.events.findIndex((one) => one.kind === "step" && one.step === "50");
            assert.ok(first > 0 && first < second, `${first} ${second}`);
            assert.deepEqual(world.takenAway, ["smoke", "smoke", "smoke"]);
        });
        it("gives users back where one fails, with its words, however well the gate is", async () => {
            const world = checked({ from: "50" });
            world.said = says("fail");
            assert.equal(await drive(world), "rolledBack");
            assert.deepEqual(world.applied, ["header", "50", "given back", "header"]);
            assert.equal(world.end.words, "smoke: so it is");
            // Of the header test, at which it was not asked.
            assert.equal(world.takenAway.length, 0);
        });
        it("ends a header test that fails before anybody is served", async () => {
            const world = checked({});
            world.said = says("fail");
            assert.equal(await drive(world), "rolledBack");
            assert.ok(!world.applied.includes("50"), world.applied.join());
        });
        it("neither goes on nor back where one can't be asked, and says which", async () => {
            const world = checked({ from: "50" }, { timeout: "10m" });
            world.said = () => Promise.reject(new Error("connection refused"));
            assert.equal(await drive(world), "held");
            assert.deepEqual(world.applied, ["header", "50"]);
            const last = world.events.findLast((one) => one.kind === "gate");
            assert.deepEqual([last?.verdict, last?.reason], ["inconclusive", "smoke: connection refused"]);
        });
        it("stays where one holds, until it passes", async () => {
            const world = checked({ from: "50" });
            let asked = 0;
            world.said = () => says(++asked < 5 ? "hold" : "pass")();
            assert.equal(await drive(world), "done");
            assert.ok(world.events.some((one) => one.kind === "gate" && one.verdict === "hold"));
        });
        it("is given back by its gate while a check takes long, and has that ended", async () => {
            const world = checked({ from: "50" });
            let isEnded = false;
            world.asker = () => ({
                ask: (_, signal) => {
                    signal.addEventListener("abort", () => (isEnded = true));
                    return new Promise(() => undefined);
                },
            });
            world.failing = 50;
            assert.equal(await drive(world), "rolledBack");
            assert.ok(isEnded);
        });
        it("takes three bad answers in a row for a query, and none that says nothing for one", async () => {
            const query = { promql: { query: "1", max: 0, url: "http://127.0.0.1:9" }, from: "50", webhook: undefined };
            const row = ["fail", "fail", "pass", "fail", "inconclusive", "fail", "pass"] as const;
            const good = checked(query);
            let at = 0;
            good.said = () => says(row[at++] ?? "pass")();
            assert.equal(await drive(good), "done");
            const bad = checked(query);
            bad.said = says("fail");
            assert.equal(await drive(bad), "rolledBack");
            const told = bad.events.flatMap((one) => (one.kind === "check" ? [one.evidence] : []));
            assert.deepEqual(told, ["so it is (bad 1 of 3 times)", "so it is (bad 2 of 3 times)", "so it is"]);
        });
        it("asks each at its own pace", async () => {
            const world = checked({ from: "50", every: "1m" }, { bake: "5m", steps: "50,100" });
            const times: number[] = [];
            world.said = () => {
                times.push(Date.now());
                return says("pass")();
            };
            assert.equal(await drive(world), "done");
            const gaps = times.slice(1).map((time, index) => (time - (times[index] ?? 0)) / 1000);
            // The second step asks anew.
            assert.ok(times.length >= 8 && gaps.filter((gap) => gap < 60).length === 1, gaps.join());
        });
        it("only notes what they say, where the gate is not to be enforced", async () => {
            const world = checked({}, { enforce: false });
            world.said = says("fail");
            assert.equal(await drive(world), "done");
            assert.ok(world.events.some((one) => one.kind === "check" && !one.isEnforced));
        });
        it("is refused before its first step with all that can never be asked", async () => {
            const world = checked({});
            world.checks = [...world.checks, { name: "load", command: ["k6"] }];
            world.asker = ({ name }) => {
                throw new Error(`${name} has no file`);
            };
            await assert.rejects(drive(world), /smoke has no file\nload has no file/);
            assert.deepEqual(world.applied, []);
        });
    });

    describe("with copies of requests", () => {
        const copying = (more: Record<string, string | number | boolean> = {}): World =>
            made({ steps: "mirror:20,50,100", ...more });
        const left = (world: World): string[] => world.under("routing.review.mirror");

        it("sends them to the new version before anybody is served by it, and none beside users", async () => {
            const world = copying();
            let ofUsers = 0;
            world.onRest = () => {
                if (world.weights.v2 !== 0 && world.mirror) ofUsers++;
            };
            assert.equal(await drive(world), "done");
            assert.deepEqual(world.applied, ["mirror 20", "50", "100"]);
            assert.deepEqual([ofUsers, left(world)], [0, []]);
            const passed = world.events.find((one) => one.kind === "gate" && one.verdict === "pass");
            assert.ok(passed?.kind === "gate" && passed.step === "mirror:20", JSON.stringify(passed));
            assert.match(passed.reason, /under 1 % .* as these are copies, whose answers nobody gets/);
            assert.ok(passed.seconds >= 30);
        });
        it("ends where they fail over the ceiling, with nobody served by the version", async () => {
            const world = copying();
            world.failingCopies = 100;
            assert.equal(await drive(world), "rolledBack");
            assert.deepEqual(world.applied, ["mirror 20", "given back", "0"]);
            assert.deepEqual([world.mirror, left(world)], [undefined, []]);
            assert.match(world.end.words, /at the ceiling \(copies, whose answers nobody gets\)/);
            assert.equal(world.config.get("release.review.aborted"), "v2");
        });
        it("learns meanwhile how long stable's answers take, for the latency of the shares after it", async () => {
            const world = copying();
            world.gate = {};
            const { window } = world;
            const timed = <Counts extends { requests: number; failed: number }>(counts: Counts): Counts => ({
                ...counts,
                timed: new Map([50, 100, 250, Infinity].map((edge, at) => [edge, counts.requests * (at / 3)])),
            });
            world.window = async (compared) => {
                const found = await window.call(world, compared);
                const { canary, stable } = found ?? {};
                return found && { ...found, canary: timed(canary ?? found.canary), stable: stable && timed(stable) };
            };
            assert.equal(await drive(world), "done");
        });
        it("goes on from copies that it finds", async () => {
            const world = copying();
            world.mirror = { to: "v2", percent: 20 };
            world.config.set("routing.review.mirror.to", "v2").set("routing.review.mirror.percent", 20);
            assert.equal(await drive(world), "done");
            assert.deepEqual(world.applied, ["50", "100"]);
        });
        it("is refused with how to read them, where the program does not", async () => {
            const world = copying();
            world.copies = false;
            await assert.rejects(
                drive(world),
                /given routing\.review\.mirror\.to, .*do not follow.*\n {2}fix: read them in the program: new TrafficSplit\(.*"routing"\)\?\.\["review"\]\?\.mirror/,
            );
            assert.deepEqual(world.weights, { v1: 100, v2: 0 });
        });
        it("leaves the config without them where the step is refused, and with them where the next one is", async () => {
            const first = copying();
            first.refusesFrom = 0;
            await assert.rejects(drive(first), /a raise too far/);
            assert.deepEqual(left(first), []);
            const second = copying();
            second.refusesFrom = 50;
            await assert.rejects(drive(second), /a raise too far/);
            assert.deepEqual(left(second).sort(), ["routing.review.mirror.percent", "routing.review.mirror.to"]);
        });
        it("gives them back with the users, and leaves those to another version alone", async () => {
            const world = copying();
            for (const to of ["v2", "v3"]) {
                world.mirror = { to, percent: 20 };
                world.config.set("routing.review.mirror.to", to).set("routing.review.mirror.percent", 20);
                const moved = { service: "review", hands: world, served: await world.served(), to: "v2" };
                await goBack([moved], "somebody asked for it");
                assert.equal(left(world).length, to === "v2" ? 0 : 2);
            }
            await assert.rejects(
                drive(world, { again: true }),
                /requests are copied to v3 already.*\n.*fix: pulumi config rm --path routing\.review\.mirror/,
            );
        });
    });

    describe("that waits for people", () => {
        /** Says a word once the release waits at a step, as `promote` does. */
        const approving = (world: World, step: string, ...names: (string | undefined)[]): void => {
            world.onRest = () => {
                const waits = world.events.filter((one) => one.kind === "waits");
                if (waits.at(-1)?.step !== step || world.config.has("release.review.promoted")) return;
                if (names.length === 0) return;
                const settings = schema.parse({ to: "v2", steps: world.config.get("release.review.steps") });
                const { weights } = world;
                const served = { weights, stable: "v1" };
                const { values } = promotion([{ service: "review", settings, served }], names.shift());
                void world.write(values);
            };
        };
        const waited = (world: World): string[] =>
            world.events.flatMap((one) => (one.kind === "waits" ? [one.why] : []));

        it("takes an approval from anybody who gives it, and the history names him", async () => {
            const world = made({ steps: "10,approval,50,100" });
            approving(world, "approval-1", "eve");
            assert.equal(await drive(world), "done");
            assert.match(world.messages[1] ?? "", /^review v2: 50; 10 pass: .*; approval-1 approved by eve$/);
            assert.equal(world.config.get("release.review.promotedBy"), undefined);
        });
        it("takes one that is for a person from that person alone, by whatever case", async () => {
            const world = made({ steps: "10,approval:Alice,50,100" });
            approving(world, "approval-1", "bob", undefined, "alice");
            assert.equal(await drive(world), "done");
            assert.match(world.messages[1] ?? "", /approved by alice$/);
            const [first, ofBob, ofNobody] = waited(world);
            assert.equal(first, "until Alice approves: npx upshift promote review");
            assert.match(ofBob ?? "", /^bob said so, and Alice alone may; it waits until/);
            assert.match(ofNobody ?? "", /^somebody who has no name said so/);
        });
        it("says to whoever promotes that an approval after the gate is somebody else's", () => {
            const settings = schema.parse({ to: "v2", steps: "10,approval:alice,100" });
            const at = { service: "review", settings, served: { weights: { v1: 90, v2: 10 }, stable: "v1" } };
            assert.equal(promotion([at], "alice").words.includes("alone may"), false);
            assert.match(promotion([at], "bob").words, /approval-1: bob said so, and alice alone may/);
        });
        it("has the history say who passed a gate by his word", async () => {
            const world = made({ steps: "50,100" });
            world.isSilent = true;
            world.onRest = () => {
                world.config.set("release.review.promoted", String(world.weights.v2));
                world.config.set("release.review.promotedBy", "eve");
            };
            assert.equal(await drive(world), "done");
            assert.equal(world.messages[1], "review v2: 100; 50 passed by eve");
        });
        const ends = { hold: "held", goOn: "done", rollback: "rolledBack" } as const;
        for (const [onExpiry, outcome] of Object.entries(ends))
            for (const settings of [
                { steps: "10,pause:<10m,50,100" },
                { steps: "10,pause,50,100", pauseTimeout: "10m" },
            ])
                it(`is ${outcome} where nobody lets it go on from ${settings.steps} in time, by ${onExpiry}`, async () => {
                    const world = made({ ...settings, onExpiry });
                    assert.equal(await drive(world), outcome);
                    if (outcome === "done") return;
                    assert.match(world.end.words, /Nobody let it go on from pause-1 within 600 s/);
                    assert.deepEqual(world.weights, outcome === "held" ? { v1: 90, v2: 10 } : { v1: 100, v2: 0 });
                });
        it("holds at an approval that nobody gives in time, and at none without a limit", async () => {
            const world = made({ steps: "10,approval,50,100", pauseTimeout: "10m" });
            assert.equal(await drive(world), "held");
            const endless = made({ steps: "10,approval,50,100" });
            let looks = 0;
            endless.onRest = () => {
                const [last] = endless.events.slice(-1);
                if (last?.kind === "waits" && ++looks === 5000) endless.config.set("release.review.aborted", "v2");
            };
            assert.equal(await drive(endless), "aborted");
        });
        it("does not let a pause end while somebody has paused the release", async () => {
            const world = made({ steps: "10,pause:1m,50,100" });
            let looks = 0;
            world.onRest = () => {
                const [last] = world.events.slice(-1);
                if (last?.kind !== "waits") return;
                looks++;
                if (looks === 1) world.config.set("release.review.paused", true);
                if (looks === 100) world.config.delete("release.review.paused");
            };
            assert.equal(await drive(world), "done");
            assert.ok(looks >= 100, `${looks}`);
        });
    });

    describe("is refused before its first step", () => {
        const refused: [string, Record<string, string>, RegExp][] = [
            ["with shares that fall", { steps: "50,25,100" }, /the shares 50, 25, 100 do not rise/],
            ["without an end", { steps: "10,50" }, /the last share must be 100/],
            ["with a word that is none", { steps: "10,canary,100" }, /"canary" is no step/],
            [
                "with a step beyond the limit",
                { steps: "10,100" },
                /10 to 100 is a raise of 90 points; at most 50.*\n.*--steps 10,60,100/,
            ],
            ["to a version that has no routes", { to: "v3" }, /have no version v3; they have v1, v2/],
            ["to the stable version", { to: "v1" }, /v1 is the stable version already/],
        ];
        for (const [what, settings, expected] of refused)
            it(what, async () => {
                const world = made(settings);
                await assert.rejects(drive(world), expected);
                assert.deepEqual(world.applied, []);
            });
        it("with settings of its gate that can't be meant, and names them as the config has them", async () => {
            const world = made();
            world.gate = { latency: { ceiling: 0.05 } };
            await assert.rejects(
                drive(world),
                /fix: pulumi config set --path release\.review\.gate\.latency\.edge 250/,
            );
            assert.deepEqual(world.applied, []);
        });
        it("with a header test and no header", async () => {
            await assert.rejects(drive(made(), { hasHeader: false }), /canaryHeader: a header test needs a header/);
        });
    });
});
