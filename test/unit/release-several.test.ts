import * as assert from "node:assert/strict";
import type { Answer } from "../../rollout/gate/checks/check";
import type { CountedWindow } from "../../rollout/gate/windows";
import { goBack } from "../../rollout/release/back";
import { Driver } from "../../rollout/release/driver";
import { askedFor, groupOf, versionsOf } from "../../rollout/release/group";
import type { Hands, Outcome, ReleaseEvent, Stop, Values } from "../../rollout/release/hands";
import { type Member, servedNow } from "../../rollout/release/members";
import { promotion } from "../../rollout/release/kinds/waiting";
import type { ReleasedService } from "../../rollout/release/service";
import { release as schema } from "../../rollout/release/settings";
import { linesOf } from "../../rollout/release/words";
import { weightsConfig } from "../../rollout/weightsConfig";
import type { Weights } from "../../components/traffic/split/weights";
import { countedWindow } from "../support/countedWindow";

type Value = string | number | boolean;
const services = ["review", "product"] as const;
type Name = (typeof services)[number];

/** A stack with two services in memory: one config, one update for both, and a clock that only waiting moves. */
class Stack {
    readonly config = new Map<string, Value>();
    readonly events: ReleaseEvent[] = [];
    /** What was done, in its order: each write and each update is one entry, however many services it is about. */
    readonly done: string[] = [];
    readonly messages: string[] = [];
    readonly weights: Record<Name, Weights> = { review: { v1: 100, v2: 0 }, product: { v1: 100, v2: 0 } };
    headerTo?: string | undefined;
    limits = { maxRaise: 50, maxRaiseTogether: 100 };
    /** Failed of 1,000 requests to the new version of a service. */
    readonly failing: Record<Name, number> = { review: 0, product: 0 };
    /** The same of stable. */
    stableFailing = 0;
    /** Seconds for which a service has no requests. */
    readonly silent: Record<Name, number> = { review: 0, product: 0 };
    /** The services whose routes an update does not get to. */
    fails: readonly Name[] = [];
    cannotGiveBack: readonly Name[] = [];
    onRest: () => void = () => undefined;
    checks: object[] = [];
    /** What a service's check says each time that it is asked. */
    said: (service: Name, check: string) => Promise<Answer> = async () => ({ verdict: "pass", evidence: "well" });
    /** Percent of its requests that the new version of a service really gets. Default: its weight. */
    readonly real: Partial<Record<Name, number>> = {};
    /** Who has stopped the line. */
    stop: Stop | undefined;
    private readonly begun = clock;

    constructor(more: Record<string, Value> = {}) {
        for (const name of services) {
            const own = { to: "v2", bake: "30s", with: services.filter((one) => one !== name).join(","), ...more };
            for (const [key, value] of Object.entries(own)) this.config.set(`release.${name}.${key}`, value);
        }
    }
    get members(): Member[] {
        return services.map((service) => ({ service, hands: this.handsOf(service) }));
    }
    drive(options: object = {}): Promise<Outcome> {
        const [{ hands, service }, ...others] = this.members as [Member, Member];
        return new Driver(service, hands, { hasHeader: true, with: others, ...options }).run();
    }
    get end() {
        const last = this.events.at(-1);
        assert.equal(last?.kind, "ends");
        return last;
    }
    private handsOf(service: Name): Hands {
        const windows = new Set<number>();
        const rest = (seconds: number): Promise<void> => {
            clock += seconds * 1000;
            this.onRest();
            return Promise.resolve();
        };
        return {
            where: "",
            stack: "dev",
            isInterrupted: false,
            asker: ({ name }) => ({ ask: () => Promise.resolve(this.said(service, name)) }),
            settings: () => {
                const own = [...this.config].flatMap(([path, value]) => {
                    const [, key] = new RegExp(`^release\\.${service}\\.(\\w+)$`).exec(path) ?? [];
                    return key ? [[key, value] as const] : [];
                });
                const beside = { gate: { latency: false }, checks: this.checks };
                return Promise.resolve(schema.parse({ ...beside, ...Object.fromEntries(own) }));
            },
            served: () => Promise.resolve(this.served(service)),
            write: (own, weights = {}) => {
                const paths = Object.entries(weights).map(([name, one]) => weightsConfig(name, one));
                const values = Object.assign({}, own, ...paths) as Values;
                const old = Object.fromEntries(Object.keys(values).map((path) => [path, this.config.get(path)]));
                for (const [path, value] of Object.entries(values))
                    if (value === undefined) for (const key of this.under(path)) this.config.delete(key);
                    else this.config.set(path, value);
                if (Object.keys(values).some((path) => /^(weights|canaryHeader|routing)/.test(path)))
                    this.done.push("write");
                return Promise.resolve(old);
            },
            up: (message) => {
                this.messages.push(message);
                for (const name of services) {
                    const v2 = Number(this.config.get(`weights.${name}.v2`) ?? 0);
                    if (!this.fails.includes(name)) this.weights[name] = { v1: 100 - v2, v2 };
                }
                this.applied = new Map(this.config);
                this.headerTo = this.config.get("canaryHeader.to") as string | undefined;
                this.done.push(`up ${this.shares}`);
                return this.fails.length > 0 ? Promise.reject(new Error("a proxy did not answer")) : Promise.resolve();
            },
            giveBack: (weights) => {
                if (this.cannotGiveBack.includes(service)) return Promise.reject(new Error("connection refused"));
                this.weights[service] = weights;
                this.done.push(`${service} given back`);
                return Promise.resolve();
            },
            window: async (compared): Promise<CountedWindow | undefined> => {
                const { step, stable } = compared;
                await rest(10);
                if (clock - this.begun < this.silent[service] * 1000) throw new Error(`${service}: nobody counts.`);
                if (!windows.has(step)) {
                    windows.add(step);
                    return undefined;
                }
                const { weights, mirror } = this.served(service);
                const users = weights.v2 ?? 0;
                const share = users === 0 && mirror ? (mirror.percent ?? 0) : (this.real[service] ?? users);
                const requests = 10 * share;
                const canary = { requests, failed: Math.round((this.failing[service] * requests) / 1000) };
                const others = users === 0 ? 1000 : 1000 - requests;
                const window = {
                    ...{ seconds: 10, step, canary },
                    stable:
                        stable === undefined
                            ? undefined
                            : { requests: others, failed: (others * this.stableFailing) / 1000 },
                };
                return countedWindow(window, compared);
            },
            rest,
            stopped: () => Promise.resolve(this.stop),
            tell: (event) => void this.events.push(event),
        };
    }
    private served(service: Name): ReleasedService {
        const { headerTo, limits } = this;
        const to = this.applied.get(`routing.${service}.mirror.to`);
        const mirror =
            to === undefined ? undefined : { to, percent: this.applied.get(`routing.${service}.mirror.percent`) };
        const host = { name: service, namespace: "shop" };
        const all = { weights: this.weights[service], headerTo, mirror, ruled: [], stable: "v1", name: service, host };
        return { ...all, group: "", ...limits } as unknown as ReleasedService;
    }
    /** What stands at a path of the config, and under it. */
    under(path: string): string[] {
        return [...this.config.keys()].filter((key) => key === path || key.startsWith(`${path}.`));
    }
    /** Of the config, what the last update has applied. */
    private applied = new Map<string, Value>();
    get shares(): string {
        return services.map((name) => this.weights[name].v2).join("/");
    }
    get steps(): string[] {
        return this.done.filter((one) => one.startsWith("up "));
    }
}

let clock = 0;

describe("several services that are released as one", () => {
    const { now } = Date;
    before(() => (Date.now = () => clock));
    after(() => (Date.now = now));

    it("are raised together: one write and one update a step", async () => {
        const stack = new Stack({ steps: "header,10,50,100" });
        assert.equal(await stack.drive(), "done");
        const each = ["0/0", "10/10", "50/50", "100/100"].flatMap((shares) => ["write", `up ${shares}`]);
        assert.deepEqual(stack.done, each);
        assert.match(stack.messages[1] ?? "", /^review v2, product v2: 10/);
        assert.match(stack.end.words, /All users of review are on v2, of product are on v2.*them the stable versions/);
        const [first] = stack.events.flatMap((event) => (event.kind === "begins" ? linesOf(event) : []));
        assert.equal(first, "review: v1 → v2, product: v1 → v2 by header, 10, 50, 100");
    });
    it("go on when the slowest gate passes, and say what it waits for", async () => {
        const stack = new Stack({ steps: "50,100" });
        stack.silent.product = 600;
        assert.equal(await stack.drive(), "done");
        const gates = stack.events.flatMap((event) => (event.kind === "gate" && event.step === "50" ? [event] : []));
        const passed = gates.findIndex(({ verdict }) => verdict === "pass");
        assert.ok((gates[passed]?.seconds ?? 0) >= 580, `${gates[passed]?.seconds} s`);
        const slow = gates.find(({ seconds }) => seconds > 200);
        assert.equal(slow?.verdict, "inconclusive");
        assert.match(slow.reason, /product: nobody counts/);
        assert.doesNotMatch(slow.reason, /requests to v2 failed/);
        // When somebody will count at product again, nobody knows.
        assert.deepEqual([slow.traffic.map(({ service }) => service), slow.left], [["review"], {}]);
        assert.deepEqual(
            gates[passed]?.traffic.map(({ service }) => service),
            ["review", "product"],
        );
    });
    it("come back together where one is worse: routes at once, one write, one update", async () => {
        const stack = new Stack({ steps: "10,100", timeout: "1h" });
        stack.limits.maxRaise = 100;
        stack.failing.product = 50;
        assert.equal(await stack.drive(), "rolledBack");
        assert.deepEqual(stack.done.slice(0, 2), ["write", "up 10/10"]);
        assert.deepEqual([...stack.done.slice(2, 4)].sort(), ["product given back", "review given back"]);
        assert.deepEqual(stack.done.slice(4), ["write", "up 0/0"]);
        assert.match(stack.end.words, /^product: /);
        assert.doesNotMatch(stack.end.words, /review/);
        for (const name of services) assert.equal(stack.config.get(`release.${name}.aborted`), "v2");
        await assert.rejects(
            stack.drive(),
            /review v2 was aborted[^]*fix: npx upshift release review product --to v2 --again/,
        );
        stack.failing.product = 0;
        assert.equal(await stack.drive({ again: true }), "done");
    });
    it("share the chance of failing a good release: each needs twice the evidence", async () => {
        // Worse by so little that the evidence grows slowly: one service alone is given back before it is enough for one of two.
        const lookOf = async (members: number): Promise<string | undefined> => {
            const stack = new Stack({ steps: "10,100" });
            stack.limits.maxRaise = 100;
            stack.stableFailing = 5;
            [stack.failing.review, stack.silent.product] = [20, 1e9];
            const [{ hands }, other] = stack.members as [Member, Member];
            await new Driver("review", hands, { hasHeader: true, with: members > 1 ? [other] : [] }).run();
            return stack.events.flatMap((event) => (event.kind === "gate" ? [event.reason] : [])).at(-1);
        };
        const chance = (reason: string | undefined): number =>
            Number(/one in ([\d,]+)/.exec(reason ?? "")?.[1]?.replace(",", ""));
        const [alone, both] = [chance(await lookOf(1)), chance(await lookOf(2))];
        assert.ok(alone >= 100 && alone < 200 && both >= 200, `${alone}, ${both}`);
    });
    it("go on from the one that is least far, after an update that got to one of them alone", async () => {
        const stack = new Stack({ steps: "10,50,100" });
        stack.fails = ["product"];
        await assert.rejects(stack.drive(), /did not answer/);
        assert.deepEqual(stack.done, ["write", "up 10/0", "write"]);
        // What was applied stays said, and what was not does not.
        assert.equal(stack.config.get("weights.review.v2"), 10);
        assert.equal(stack.config.get("weights.product.v2"), undefined);
        stack.fails = [];
        assert.equal(await stack.drive(), "done");
        assert.deepEqual(stack.steps, ["up 10/0", "up 10/10", "up 50/50", "up 100/100"]);
    });
    it("are never moved back for one that is less far", async () => {
        const stack = new Stack({ steps: "10,50,100" });
        stack.weights.review = { v1: 75, v2: 25 };
        stack.config.set("weights.review.v2", 25);
        assert.equal(await stack.drive(), "done");
        assert.deepEqual(stack.steps, ["up 25/10", "up 50/50", "up 100/100"]);
    });
    it("hear a word that is said to any of them", async () => {
        const stack = new Stack({ steps: "50,pause,100" });
        let looks = 0;
        stack.onRest = () => {
            const [last] = stack.events.slice(-1);
            if (last?.kind === "waits" && ++looks === 20) stack.config.set("release.product.promoted", "50");
        };
        assert.equal(await stack.drive(), "done");
        assert.equal(stack.config.get("release.product.promoted"), undefined);
        assert.match(stack.messages.at(-1) ?? "", /; paused 40 s$/);
        const aborted = new Stack({ steps: "50,100" });
        aborted.onRest = () => aborted.config.set("release.product.aborted", "v2");
        assert.equal(await aborted.drive(), "aborted");
    });
    it("are given back in config and state though the routes of one could not be written at once", async () => {
        const stack = new Stack();
        for (const name of services) stack.weights[name] = { v1: 50, v2: 50 };
        stack.cannotGiveBack = ["review"];
        const served = await servedNow(stack.members);
        await goBack(
            served.map((one) => ({ ...one, to: "v2" })),
            "asked for",
        );
        assert.deepEqual(stack.done, ["product given back", "write", "up 0/0"]);
        assert.ok(!stack.events.some(({ kind }) => kind === "back"));
        const waits = stack.events.flatMap((event) => (event.kind === "waits" ? [event.why] : []));
        assert.deepEqual(waits, ["only pulumi up can do it: review: connection refused"]);
        assert.match(stack.messages.join(), /^review back to v1, product back to v1: asked for$/);
    });

    it("hold before their next step where somebody has stopped the line, and go on after that", async () => {
        const stack = new Stack({ steps: "50,100" });
        const stop = { since: "2026-11-26T03:00:00Z", by: "ann@desk", reason: "INC-7", stack: "prod" };
        const waited = (): number => stack.events.filter(({ kind }) => kind === "waits").length;
        stack.onRest = () => (stack.stop = stack.weights.review.v2 === 50 && waited() < 3 ? stop : undefined);
        assert.equal(await stack.drive(), "done");
        assert.equal(waited(), 3);
        assert.deepEqual(stack.steps, ["up 50/50", "up 100/100"]);
    });

    describe("with further checks", () => {
        const checked = (more: object = {}): Stack => {
            const stack = new Stack({ steps: "50,100" });
            stack.checks = [{ name: "smoke", webhook: { url: "http://127.0.0.1:9/" }, ...more }];
            return stack;
        };
        it("leave a step once those of each have passed, each told by its service's name", async () => {
            const stack = checked();
            let asked = 0;
            stack.said = async (service) =>
                service === "product" && ++asked < 3
                    ? { verdict: "inconclusive", evidence: "not yet" }
                    : { verdict: "pass", evidence: "well" };
            assert.equal(await stack.drive(), "done");
            const at = (check: string, verdict: string): number =>
                stack.events.findIndex((one) => one.kind === "check" && one.check === check && one.verdict === verdict);
            const next = stack.events.findIndex((one) => one.kind === "step" && one.step === "100");
            const [first, second] = [at("review smoke", "pass"), at("product smoke", "pass")];
            assert.ok(first >= 0 && first < second && second < next, [first, second, next].join());
        });
        it("come back together where that of one fails", async () => {
            const stack = checked();
            stack.said = async (service) => ({
                verdict: service === "product" ? "fail" : "pass",
                evidence: "so it is",
            });
            assert.equal(await stack.drive(), "rolledBack");
            assert.equal(stack.end.words, "product smoke: so it is");
            assert.equal(stack.shares, "0/0");
        });
    });

    describe("with copies of requests", () => {
        it("have them sent to all by one update, judged for each, and ended by the first share", async () => {
            const stack = new Stack({ steps: "mirror:20,50,100" });
            assert.equal(await stack.drive(), "done");
            assert.deepEqual(stack.done, ["write", "up 0/0", "write", "up 50/50", "write", "up 100/100"]);
            const passed = stack.events.find((one) => one.kind === "gate" && one.verdict === "pass");
            assert.ok(passed?.kind === "gate" && passed.step === "mirror:20");
            assert.match(passed.reason, /review: .*copies.* product: .*copies/);
            for (const name of services) assert.deepEqual(stack.under(`routing.${name}.mirror`), []);
        });
        it("end for both where those of one fail over the ceiling, with nobody served", async () => {
            const stack = new Stack({ steps: "mirror:20,50,100" });
            stack.failing.product = 100;
            assert.equal(await stack.drive(), "rolledBack");
            assert.deepEqual(stack.steps, ["up 0/0", "up 0/0"]);
            for (const name of services) assert.deepEqual(stack.under(`routing.${name}.mirror`), []);
        });
        it("are sent to none that has users already", async () => {
            const stack = new Stack({ steps: "mirror:20,50,100" });
            stack.weights.review = { v1: 75, v2: 25 };
            stack.config.set("weights.review.v1", 75).set("weights.review.v2", 25);
            const ofReview: string[] = [];
            stack.onRest = () => void ofReview.push(...stack.under("routing.review.mirror"));
            assert.equal(await stack.drive(), "done");
            assert.deepEqual(stack.steps, ["up 25/0", "up 50/50", "up 100/100"]);
            assert.deepEqual(ofReview, []);
        });
        it("are written back for the one alone that an update did not get to", async () => {
            const stack = new Stack({ steps: "mirror:20,50,100" });
            stack.weights.review = { v1: 50, v2: 50 };
            stack.config.set("weights.review.v1", 50).set("weights.review.v2", 50);
            await stack.drive({ once: true });
            assert.equal(stack.under("routing.product.mirror").length, 2);
            stack.fails = ["product"];
            const { config } = stack;
            await assert.rejects(stack.drive(), /did not answer/);
            assert.deepEqual([config.get("weights.review.v2"), config.get("weights.product.v2")], [50, undefined]);
            assert.equal(stack.under("routing.product.mirror").length, 2);
        });
    });

    describe("whose users are not split as configured at one of them", () => {
        it("are held, with the name of it", async () => {
            const stack = new Stack({ steps: "25,50,100", timeout: "10m" });
            stack.real.product = 15;
            assert.equal(await stack.drive(), "held");
            assert.deepEqual(stack.steps, ["up 25/25"]);
            const last = stack.events.findLast((one) => one.kind === "gate");
            assert.ok(last?.kind === "gate" && last.verdict === "hold");
            assert.match(last.reason, /^product split: v2 got 15\.0 % of \d+ requests, and 25 % is configured/);
        });
    });

    describe("that wait for people", () => {
        const waiting = (stack: Stack, say: (looks: number) => void): void => {
            let looks = 0;
            stack.onRest = () => {
                if (stack.events.at(-1)?.kind === "waits") say(++looks);
            };
        };
        it("take an approval from the person alone whom they wait for, at whichever of them it is given", async () => {
            const stack = new Stack({ steps: "50,approval:alice,100" });
            const say = (service: Name, by: string): void => {
                stack.config.set(`release.${service}.promoted`, "50").set(`release.${service}.promotedBy`, by);
            };
            waiting(stack, (looks) => (looks === 2 ? say("review", "bob") : looks === 4 && say("product", "alice")));
            assert.equal(await stack.drive(), "done");
            assert.match(stack.messages.at(-1) ?? "", /^review v2, product v2: 100; .*; approval-1 approved by alice$/);
            const waits = stack.events.flatMap((event) => (event.kind === "waits" ? [event.why] : []));
            assert.match(waits[1] ?? "", /^bob said so, and alice alone may/);
            for (const name of services)
                for (const key of ["promoted", "promotedBy"])
                    assert.equal(stack.config.get(`release.${name}.${key}`), undefined);
        });
        it("are given back together where nobody lets them go on in the time of one of them", async () => {
            const stack = new Stack({ steps: "50,pause,100" });
            stack.config.set("release.product.pauseTimeout", "10m").set("release.product.onExpiry", "rollback");
            stack.config.set("release.review.pauseTimeout", "1h");
            assert.equal(await stack.drive(), "rolledBack");
            assert.match(stack.end.words, /Nobody let it go on from pause-1 within 600 s/);
            assert.equal(stack.shares, "0/0");
        });
        it("are promoted at the step of the one that is least far, by a word that names who said it", () => {
            const whose = (service: string, v2: number): Parameters<typeof promotion>[0][number] => ({
                ...{ service, settings: schema.parse({ to: "v2", steps: "10,25,approval:alice,100" }) },
                served: { weights: { v1: 100 - v2, v2 }, stable: "v1" },
            });
            const { values, words } = promotion([whose("review", 25), whose("product", 10)], "bob");
            assert.deepEqual(values, { "release.review.promoted": "10", "release.review.promotedBy": "bob" });
            assert.equal(words, "What review and product wait for at 10 counts as passed.");
        });
    });

    describe("are refused before their first step", () => {
        const refused = async (stack: Stack, expected: RegExp): Promise<string> => {
            const error = (await stack.drive().catch((thrown: Error) => thrown)) as Error;
            assert.match(error.message, expected);
            assert.deepEqual(stack.done, []);
            return error.message;
        };
        it("where their raises are too much together, with steps that fit and the key of the limit", async () => {
            const stack = new Stack({ steps: "10,25,50,75,100" });
            stack.limits = { maxRaise: 25, maxRaiseTogether: 25 };
            const said = await refused(
                stack,
                /the step to 25 raises review and product by 30 points in all; at most 25/,
            );
            assert.match(said, /config set --path limits\.maxRaiseTogether 50 && pulumi up/);
            const [, steps = ""] = /fix: npx upshift release review product --steps (\S+)/.exec(said) ?? [];
            for (const name of services) stack.config.set(`release.${name}.steps`, steps);
            assert.equal(await stack.drive(), "done");
            const shares = stack.steps.map((one) => Number(/(\d+)\//.exec(one)?.[1]));
            assert.ok(
                shares.every((share, index) => 2 * (share - (shares[index - 1] ?? 0)) <= 25),
                steps,
            );
        });
        it("where one of them has a limit of its own, with steps that fit all of them", async () => {
            const stack = new Stack({ steps: "100" });
            stack.limits = { maxRaise: 30, maxRaiseTogether: 100 };
            await refused(stack, /at most 30 a step[^]*fix: npx upshift release review product --steps 30,60,90,100/);
        });
        it("where they have other steps each, or one header is to lead to two versions", async () => {
            const other = new Stack({ steps: "50,100" });
            other.config.set("release.product.steps", "25,50,100");
            await refused(other, /have other steps each: 50,100 and 25,50,100\n {4}fix: .* --steps 50,100 --to v2$/);
            const headers = new Stack({ steps: "header,pause,50,100" });
            headers.weights.product = { v1: 100, v3: 0 };
            headers.config.set("release.product.to", "v3");
            await refused(
                headers,
                /one header can't lead to v2 and v3[^]*fix: .* --steps pause,50,100 --to review=v2,product=v3$/,
            );
        });
        it("but not for the size of a declared switch, which is measured by its test", async () => {
            const stack = new Stack({ steps: "header,100" });
            stack.limits = { maxRaise: 25, maxRaiseTogether: 25 };
            assert.equal(await stack.drive(), "done");
            for (const name of services) assert.equal(stack.config.get(`blueGreen.${name}`), "v2");
        });
    });
});

describe("the services of a release", () => {
    const releases = { review: { with: "product" }, product: { with: ["review", "recommendation"] }, other: {} };
    it("are found by the name of any of them, and by those that name it", () => {
        assert.deepEqual(groupOf("review", releases), ["review", "product", "recommendation"]);
        assert.deepEqual(groupOf("recommendation", releases), ["recommendation", "product", "review"]);
        assert.deepEqual(groupOf("other", releases), ["other"]);
        assert.deepEqual(groupOf("new", {}), ["new"]);
    });
    it("are those that are named, once each, and never some of those that belong together", () => {
        assert.deepEqual(askedFor(["a", "b", "a"], {}), ["a", "b"]);
        assert.deepEqual(askedFor(["product"], releases), ["product", "review", "recommendation"]);
        assert.throws(
            () => askedFor(["review", "product"], releases),
            /released with recommendation.*\n {2}fix: npx upshift release review product recommendation,.* release\.recommendation/,
        );
    });
    it("go to one version, or each to its own", () => {
        assert.deepEqual(versionsOf(["a", "b"], "v2"), { a: "v2", b: "v2" });
        assert.deepEqual(versionsOf(["a", "b"], "a=v2, b=v3"), { a: "v2", b: "v3" });
        assert.throws(
            () => versionsOf(["a", "b"], "a=v2,c=v3"),
            /no version for b, c is none of its services\.\n {2}fix: --to a=v2,b=VERSION/,
        );
    });
});
