import * as assert from "node:assert/strict";
import { Refused } from "../../cluster/refused";
import { judge } from "../../components/traffic/judge/judge";
import { describe as inWords } from "../../components/traffic/judge/words";
import type { VirtualServiceSpec } from "../../components/traffic/world/istio";
import type { Marks } from "../../components/traffic/world/marks";
import type { Body } from "../../components/traffic/world/values";
import { stateWorld } from "../../components/traffic/world/world";
import { ExitCode } from "../../rollout/exitCode";
import { Gate } from "../../rollout/gate/gate";
import { chainIn } from "../../rollout/release/chain/named";
import { Driver } from "../../rollout/release/driver";
import type { FinishHands } from "../../rollout/release/finish/finishHands";
import type { Hands, Outcome, ReleaseEvent, Values } from "../../rollout/release/hands";
import { finish } from "../../rollout/release/verbs/finish";
import { type ManyHands, manyOf, type Services } from "../../rollout/release/manyHands";
import { rollback, rollbackAll } from "../../rollout/release/verbs/rollback";
import { goTo } from "../../rollout/release/verbs/goto";
import { undo } from "../../rollout/release/verbs/undo";
import { servicesIn } from "../../rollout/release/stackManyHands";
import { type ReleasedService, whereaboutsOf } from "../../rollout/release/service";
import type { HistoryPoint } from "../../rollout/release/history";
import { returnTo } from "../../rollout/release/undo/point";
import { declaredRelease, release as schema } from "../../rollout/release/settings";
import { linesOf } from "../../rollout/release/words";
import { weightsConfig } from "../../rollout/weightsConfig";
import { splitNamed, splitsIn } from "../../rollout/splits";
import { chainObjects, chainServices, type ChainState, routesNamed } from "../support/chain";
import { countedWindow } from "../support/countedWindow";

const shopOf = (state: ChainState): Omit<ReleasedService, "access"> => {
    const objects = chainObjects(state);
    return whereaboutsOf("shop", routesNamed(objects, "hands-on-edge-vs"), objects);
};

type Value = string | number | boolean;

/** A shop in memory: a config, an update that applies it, proxies that count, and a clock that only waiting moves. */
class Stack {
    readonly config = new Map<string, Value>();
    readonly events: ReleaseEvent[] = [];
    readonly done: string[] = [];
    readonly written: string[] = [];
    readonly messages: string[] = [];
    /** What is applied: the shop's own objects, by which the judge looks at each step. */
    state: ChainState = { chain: 0 };
    /** Failed of 1,000 requests to the new version of a service. */
    readonly failing: Record<string, number> = {};
    /** Percent of its requests that the new version of a service really gets. Default: the edge's weight. */
    readonly real: Record<string, number> = {};
    /** What the config says of the gate. */
    gate: object = { latency: false };
    /** What the proof says. */
    prove: NonNullable<Hands["prove"]> = () => Promise.resolve({ product: 20, recommendation: 20, review: 20 });
    proofs = 0;
    isInterrupted = false;

    constructor(more: Record<string, Value> = {}) {
        for (const [key, value] of Object.entries({ to: "v2", bake: "30s", ...more }))
            this.config.set(`release.shop.${key}`, value);
    }
    drive(options: object = {}): Promise<Outcome> {
        return new Driver("shop", this.hands, { hasHeader: true, ...options }).run();
    }
    get end() {
        const last = this.events.at(-1);
        assert.equal(last?.kind, "ends");
        return last;
    }
    private given(): Record<string, Value> {
        const own = [...this.config].flatMap(([path, value]) => {
            const [, key] = /^release\.shop\.(\w+)$/.exec(path) ?? [];
            return key ? [[key, value] as const] : [];
        });
        return Object.fromEntries(own);
    }
    readonly hands: FinishHands = this.made();

    private made(): FinishHands {
        const windows = new Set<string>();
        const isHeld = (): boolean => this.isInterrupted;
        const rest = (seconds: number): Promise<void> => {
            clock += seconds * 1000;
            return Promise.resolve();
        };
        return {
            where: "",
            stack: "dev",
            get isInterrupted() {
                return isHeld();
            },
            asker: () => assert.fail("no check is asked"),
            prove: (chain, to) => {
                this.proofs++;
                return this.prove(chain, to);
            },
            settings: () => Promise.resolve(schema.parse({ gate: this.gate, ...this.given() })),
            declared: () => Promise.resolve(declaredRelease.parse(this.given())),
            movedAt: () => Promise.resolve(undefined),
            served: () => Promise.resolve(this.served()),
            write: (own, weights = {}) => {
                const paths = Object.entries(weights).map(([name, one]) => weightsConfig(name, one));
                const values = Object.assign({}, own, ...paths) as Values;
                const old = Object.fromEntries(Object.keys(values).map((path) => [path, this.config.get(path)]));
                for (const [path, value] of Object.entries(values))
                    if (value === undefined) for (const key of this.under(path)) this.config.delete(key);
                    else this.config.set(path, value);
                this.written.push(...Object.keys(values).filter((path) => !path.startsWith("release.")));
                return Promise.resolve(old);
            },
            up: (message) => {
                this.messages.push(message);
                const next = this.configured();
                const [before, after] = [this.state, next].map((one) => stateWorld(chainObjects(one), undefined));
                assert.ok(before && after);
                const { findings } = judge([{ readFrom: "state", before, after }], {});
                if (findings.length > 0) return Promise.reject(new Refused({ what: findings.map(inWords).join() }));
                this.state = next;
                this.done.push(`up ${next.chain}`);
                return Promise.resolve();
            },
            giveBack: (weights, { name }) => {
                const { own = 0 } = this.state;
                const all = Object.fromEntries(
                    chainServices.map((one) => [one, typeof own === "number" ? own : (own[one] ?? 0)]),
                );
                if (name === "shop") this.state = { ...this.state, chain: weights.v2 };
                else this.state = { ...this.state, own: { ...all, [name]: weights.v2 ?? 0 } };
                this.done.push(name === "shop" ? "given back" : `given back ${name}`);
                return Promise.resolve();
            },
            window: async (compared, { name }) => {
                const { step, stable } = compared;
                await rest(10);
                const isFirst = !windows.has(`${name} ${step}`);
                windows.add(`${name} ${step}`);
                if (isFirst) return undefined;
                const requests = 10 * (this.real[name] ?? this.state.chain ?? 0);
                const canary = { requests, failed: Math.round(((this.failing[name] ?? 0) * requests) / 1000) };
                const others = { requests: 1000 - requests, failed: 0 };
                const window = { seconds: 10, step, canary, stable: stable === undefined ? undefined : others };
                return countedWindow(window, compared);
            },
            rest,
            tell: (event) => void this.events.push(event),
        };
    }
    private under(path: string): string[] {
        return [...this.config.keys()].filter((key) => key === path || key.startsWith(`${path}.`));
    }
    private served(): ReleasedService {
        return { ...shopOf(this.state), access: {} };
    }
    /** The shop as the config asks for it. */
    private configured(): ChainState {
        const shareOf = (name: string): number => Number(this.config.get(`weights.${name}.v2`) ?? 0);
        const [to, stable] = ["canaryHeader.to", "stable.product"].map((key) => this.config.get(key));
        return {
            chain: shareOf("shop"),
            own: Object.fromEntries(chainServices.map((name) => [name, shareOf(name)])),
            ...(typeof to === "string" && { header: { name: "X-group", exact: "test", to } }),
            ...(typeof stable === "string" && { marks: { stable } }),
        };
    }
}

let clock = 0;

describe("a chain that is released", () => {
    const { now } = Date;
    before(() => (Date.now = () => clock));
    after(() => (Date.now = now));

    it("is what its edge says, with every service that goes by its word", () => {
        const header = { name: "X-group", exact: "test", to: "v2" };
        const { weights, stable, maxRaise, headerTo, chain, host } = shopOf({ chain: 20, header });
        assert.deepEqual(
            { weights, stable, maxRaise, headerTo, host },
            {
                weights: { v1: 80, v2: 20 },
                stable: "v1",
                maxRaise: 50,
                headerTo: "v2",
                host: { name: "product-composite", namespace: "hands-on" },
            },
        );
        assert.deepEqual(
            chain?.services.map((one) => [one.name, one.host.name, one.weights.v1, one.ruled]),
            chainServices.map((name) => [name, name, 100, ["v2"]]),
        );
    });
    it("leaves the services of another group to their own edge", () => {
        const others = chainObjects({ chain: 0, marks: { group: "other" } });
        const objects = [...chainObjects({ chain: 0 }), ...others];
        const { chain } = whereaboutsOf("shop", routesNamed(objects, "hands-on-edge-vs"), objects);
        assert.equal(chain?.services.length, 3);
    });
    it("is named where one of its services is asked for, and found by --chain", () => {
        const objects = chainObjects({ chain: 20 });
        assert.throws(
            () => whereaboutsOf("review", routesNamed(objects, "review-vs"), objects),
            /review is part of the chain shop: .*\n {2}fix: name the chain: shop/,
        );
        const splits = splitsIn({ objects, headers: new Map() });
        for (const name of ["review", "shop"])
            assert.equal(chainIn({ objects }, splits, splitNamed(splits, name, "dev")), "shop");
    });
    it("is refused while its edge decides for nobody, with the step that has it decide and moves no user", () => {
        const objects = chainObjects({ own: 0 });
        const said =
            /The edge does not decide for shop yet.*\n {2}fix: pulumi config set-all --path --plaintext weights\.shop\.v1=100 --plaintext weights\.shop\.v2=0 && pulumi up/;
        assert.throws(() => shopOf({ own: 0 }), said);
        const splits = splitsIn({ objects, headers: new Map() });
        assert.throws(() => chainIn({ objects }, splits, splitNamed(splits, "review", "dev")), said);
    });

    it("has nobody off stable while its edge decides for nobody, so that a rollback of all is done with it", async () => {
        const objects = chainObjects({ own: 0 });
        const splits = splitsIn({ objects, headers: new Map() });
        const { others } = servicesIn({ objects }, splits, {});
        assert.deepEqual(
            others.map(({ service, weights }) => [service, weights]),
            [["shop", { v1: 100 }]],
        );
        const decided = chainObjects({ chain: 20 });
        const found = servicesIn({ objects: decided }, splitsIn({ objects: decided, headers: new Map() }), {});
        assert.deepEqual(Object.keys(found.services), ["shop"]);
        for (const { why } of found.others) assert.match(why, /fix: name the chain: shop/);
    });

    it("is moved by the one weight at its edge, and by nothing else", async () => {
        const stack = new Stack({ steps: "header,10,50,100" });
        assert.equal(await stack.drive(), "done");
        assert.deepEqual(stack.done, ["up 0", "up 10", "up 50", "up 100"]);
        assert.deepEqual(new Set(stack.written), new Set(["canaryHeader.to", "weights.shop.v1", "weights.shop.v2"]));
        assert.match(stack.messages[1] ?? "", /^shop v2: 10/);
        const [first] = stack.events.flatMap((event) => (event.kind === "begins" ? linesOf(event) : []));
        assert.equal(first, "shop: v1 → v2 by header, 10, 50, 100");
    });
    it("goes on when the gates of all its services pass, and says what each has found", async () => {
        const stack = new Stack({ steps: "50,100" });
        assert.equal(await stack.drive(), "done");
        const passed = stack.events.find((one) => one.kind === "gate" && one.verdict === "pass");
        assert.ok(passed?.kind === "gate");
        for (const name of chainServices) assert.match(passed.reason, new RegExp(`\\b${name}: `));
    });
    it("comes back by the edge's weight where the last of its services is worse", async () => {
        const stack = new Stack({ steps: "50,100" });
        stack.failing.review = 50;
        assert.equal(await stack.drive(), "rolledBack");
        assert.deepEqual(stack.done, ["up 50", "given back", "up 0"]);
        assert.match(stack.end.words, /^review: \d+ of \d+ requests to v2 failed/);
        assert.equal(stack.config.get("release.shop.aborted"), "v2");
    });
    it("says of its services what is missing by the chain's own key, each command in a line of its own", async () => {
        const stack = new Stack({ steps: "50,100", timeout: "5m" });
        stack.gate = {};
        await stack.drive();
        const last = stack.events.findLast((one) => one.kind === "gate");
        assert.ok(last?.kind === "gate");
        const lines = chainServices.flatMap((name) => [
            `${name}: how long requests to v2 take is not measured: the callers' proxies have no histogram of it.`,
            "  fix: pulumi config set --path release.shop.gate.latency false",
        ]);
        assert.deepEqual(last.reason.split("\n").sort(), lines.sort());
    });
    it("shares the chance of failing a good release among its services", async () => {
        /** Windows until a gate fails a version whose requests fail so, where so many services share that chance. */
        const windowsWith = (services: number): number => {
            const settings = { latency: false as const, bakeSeconds: 30 };
            const gate = new Gate({ service: "review", canary: "v2", stable: "v1", before: [], services, settings });
            for (let windows = 1; windows < 500; windows++) {
                const counts = { canary: { requests: 500, failed: 3 }, stable: { requests: 500, failed: 0 } };
                gate.add({ seconds: 10, step: 0, ...counts });
                if (gate.verdict().verdict === "fail") return windows;
            }
            return assert.fail("no gate has failed it");
        };
        assert.ok(windowsWith(3) > windowsWith(1));
        const stack = new Stack({ steps: "50,100", timeout: "2h" });
        stack.failing.review = 6;
        assert.equal(await stack.drive(), "rolledBack");
        const looks = stack.events.filter(({ kind }) => kind === "gate").length;
        // The first look of a step begins a window, and ends none.
        assert.equal(looks - 1, windowsWith(3));
    });
    it("is held where one of its services does not get the share that the edge has", async () => {
        const stack = new Stack({ steps: "25,50,100", timeout: "10m" });
        stack.real.review = 5;
        assert.equal(await stack.drive(), "held");
        assert.deepEqual(stack.done, ["up 25"]);
        const last = stack.events.findLast((one) => one.kind === "gate");
        assert.ok(last?.kind === "gate" && last.verdict === "hold");
        assert.match(last.reason, /^review split: v2 got 5\.0 % of \d+ requests, and 25 % is configured/);
    });

    describe("that is finished", () => {
        const none = { product: 0, recommendation: 0, review: 0 };
        /** What a verb about several services asks beside. */
        const alsoMany = (stack: Stack) => ({
            settings: () => Promise.resolve({}),
            groupOf: (service: string) => Promise.resolve([service]),
            asked: () => Promise.resolve({}),
            live: () => Promise.resolve({}),
            header: () => Promise.resolve({}),
            rest: stack.hands.rest,
            isInterrupted: false,
        });
        const served = (stack: Stack): Promise<Services> => manyOf([{ service: "shop", hands: stack.hands }]).served();
        /** The hands of a verb about several services, over the stack. */
        const verbOf = (stack: Stack, instead: Partial<ManyHands> = {}): ManyHands => ({
            ...manyOf([{ service: "shop", hands: stack.hands }]),
            ...alsoMany(stack),
            ...instead,
        });
        const count = () => Promise.resolve({ seconds: 10, requests: 0, open: 0 });
        const remover = { plan: () => assert.fail("nothing is taken away") };
        const released = async (): Promise<Stack> => {
            const stack = new Stack({ steps: "50,100" });
            assert.equal(await stack.drive(), "done");
            stack.done.length = stack.written.length = stack.messages.length = 0;
            return stack;
        };
        const finished = (stack: Stack): ReturnType<typeof finish> =>
            finish([{ service: "shop", hands: stack.hands }], { count, remover });

        it("has those follow who come by another way, step by step, and then calls the version stable", async () => {
            const stack = await released();
            assert.equal(await finished(stack), ExitCode.Well);
            assert.deepEqual(stack.done, ["up 100", "up 100", "up 100"]);
            assert.deepEqual(
                stack.messages.map((message) => message.split(";")[0]),
                [
                    "the services of shop follow their edge, 1 of 2",
                    "the services of shop follow their edge, 2 of 2",
                    "shop: v2 is the stable version",
                ],
            );
            assert.deepEqual(stack.state.own, { product: 100, recommendation: 100, review: 100 });
            assert.equal((await stack.hands.served()).stable, "v2");
            assert.equal(stack.config.get("release.shop.to"), undefined);
            for (const name of chainServices)
                assert.match(stack.end.words, new RegExp(`v2 is the stable version of ${name}; v1 has no users`));
        });
        it("has the old version taken away from its services and its edge, once nobody asks for it at the services", async () => {
            const stack = await released();
            const counted: string[] = [];
            const left: string[] = [];
            const ended = await finish([{ service: "shop", hands: stack.hands }], {
                remove: true,
                count: ({ name }, version, least = 10) => {
                    counted.push(`${name} ${version}`);
                    return Promise.resolve({ seconds: least, requests: 0, open: 0 });
                },
                remover: {
                    plan: (leaving, members) => {
                        left.push(
                            ...leaving.map(({ service, versions }) => `${service} ${versions.join()}`),
                            ...members,
                        );
                        return Promise.resolve({ by: "program", why: "it has them", lines: [], paths: [] });
                    },
                },
            });
            assert.equal(ended, ExitCode.Held);
            assert.deepEqual(counted.sort(), ["product v1", "recommendation v1", "review v1"]);
            assert.deepEqual(left.sort(), ["product v1", "recommendation v1", "review v1", "shop", "shop v1"]);
            assert.match(stack.end.words, /^Only the program can take v1 of .* away: it has them\./);
        });
        it("goes on where a finish was interrupted, and moves nobody twice", async () => {
            const stack = await released();
            stack.isInterrupted = true;
            assert.equal(await finished(stack), ExitCode.Held);
            assert.match(stack.end.words, /a part has followed\.\n {2}fix: npx upshift finish shop$/);
            assert.deepEqual([stack.done.length, stack.config.get("stable.product")], [1, undefined]);
            stack.isInterrupted = false;
            assert.equal(await finished(stack), ExitCode.Well);
            assert.equal(stack.done.length, 3);
        });
        it("is what a rollback of any of its services gives back, and that is told", async () => {
            const stack = await released();
            assert.equal(await rollback("review", verbOf(stack)), ExitCode.Well);
            assert.deepEqual([stack.state.chain, stack.config.get("release.shop.aborted")], [0, "v2"]);
            assert.deepEqual(stack.events.filter(({ kind }) => kind === "meant").flatMap(linesOf), [
                "review is part of the chain shop, whose edge decides for all its services: it is done to shop",
            ]);
            assert.match(stack.end.words, /All users of shop are on v1/);
        });
        it("comes back with the routes of those who have followed at once, before config and state say so", async () => {
            const stack = await released();
            stack.state = { chain: 100, own: 100 };
            await rollback("shop", verbOf(stack));
            assert.deepEqual(stack.done.slice(0, -1).sort(), [
                "given back",
                ...chainServices.map((name) => `given back ${name}`),
            ]);
            assert.equal(stack.done.at(-1), "up 0");
        });
        it("comes back step by step, those who have followed no faster, and an edge that is back stays there", async () => {
            for (const [edge, edges] of [
                [100, [50, 25, 10, 0]],
                [0, [0, 0, 0, 0]],
            ] as const) {
                const stack = await released();
                stack.state = { chain: edge, own: 100 };
                const seen: unknown[] = [];
                const { up } = stack.hands;
                const verb = verbOf(stack, {
                    up: async (message) => {
                        await up(message);
                        seen.push([stack.state.chain, stack.state.own]);
                    },
                });
                assert.equal(await rollback("shop", verb, { gradual: true, bake: "0s" }), ExitCode.Well);
                const of = (share: number) => Object.fromEntries(chainServices.map((name) => [name, share]));
                assert.deepEqual(
                    seen,
                    [50, 25, 10, 0].map((share, index) => [edges[index], of(share)]),
                );
            }
        });
        it("comes back for good, also where a finish that runs has others follow once more meanwhile", async () => {
            const stack = await released();
            stack.state = { ...stack.state, own: 50 };
            const { up } = stack.hands;
            let updates = 0;
            const verb = verbOf(stack, {
                up: async (message) => {
                    if (++updates === 1) stack.config.set("weights.review.v2", 50);
                    await up(message);
                },
            });
            assert.equal(await rollback("shop", verb), ExitCode.Well);
            assert.deepEqual([updates, stack.state.own, stack.config.get("weights.review.v2")], [2, none, 0]);
        });
        it("ends where somebody gives its users back meanwhile, and has nobody follow any more", async () => {
            const stack = await released();
            const { up } = stack.hands;
            const hands: FinishHands = {
                ...stack.hands,
                isInterrupted: false,
                up: async (message) => {
                    await up(message);
                    stack.state = { ...stack.state, chain: 0 };
                },
            };
            const ended = await finish([{ service: "shop", hands }], { count, remover });
            assert.equal(ended, ExitCode.Findings);
            assert.match(stack.end.words, /^Somebody has moved the users of shop from v2 meanwhile\.$/);
            assert.deepEqual([stack.done, stack.config.get("stable.product")], [["up 100"], undefined]);
        });
        it("is undone, too: those who have followed are where they were", async () => {
            const stack = await released();
            stack.isInterrupted = true;
            await finished(stack);
            const before = { v1: 100, v2: 0 };
            const own = Object.fromEntries(chainServices.map((name) => [name, before]));
            const weights = { ...own, shop: { v1: 0, v2: 100 } };
            const point: HistoryPoint = {
                version: 7,
                at: "2026-11-26T01:00:00Z",
                message: "",
                succeeded: true,
                weights,
            };
            const found = servicesIn(
                { objects: chainObjects(stack.state) },
                splitsIn({ objects: chainObjects(stack.state), headers: new Map() }),
                {},
            );
            assert.equal(found.others.length, chainServices.length);
            const verb = verbOf(stack, { served: async () => ({ ...(await served(stack)), others: found.others }) });
            assert.equal(await undo([point], verb, () => Promise.resolve(true), { bake: "0s" }), ExitCode.Well);
            assert.deepEqual([stack.state.chain, stack.state.own], [100, none]);
        });
        it("comes back with those who have followed, also while the edge itself is back already", async () => {
            const stack = await released();
            stack.isInterrupted = true;
            await finished(stack);
            assert.deepEqual(stack.state.own, { product: 50, recommendation: 50, review: 50 });
            for (const chain of [100, 0]) {
                stack.state = { ...stack.state, chain, own: 50 };
                assert.equal(await rollback("shop", verbOf(stack)), ExitCode.Well);
                assert.deepEqual([stack.state.chain, stack.state.own], [0, none]);
                stack.state = { ...stack.state, chain, own: 50 };
                const others = chainServices.map((service) => {
                    return { service, stable: "v1", weights: { v1: 50, v2: 50 }, why: "part of the chain shop" };
                });
                const all = async (): Promise<Services> => ({ ...(await served(stack)), others });
                assert.equal(await rollbackAll(verbOf(stack, { served: all })), ExitCode.Well);
                assert.deepEqual([stack.state.chain, stack.state.own], [0, none]);
            }
        });
        it("says so where its edge keeps another stable version, to which a rollback would return", async () => {
            const stack = await released();
            const { served } = stack.hands;
            const stays = async (): Promise<ReleasedService> => ({ ...(await served()), stable: "v1" });
            const hands = { ...stack.hands, isInterrupted: false, served: stays };
            await assert.rejects(
                finish([{ service: "shop", hands }], { count, remover }),
                /its edge still has v1, to which a rollback would return\.\n {2}fix: .* stable\.product.*finish shop$/,
            );
        });
        it("is refused by the judge where its services call a version stable before those have followed", async () => {
            const stack = await released();
            stack.config.set("stable.product", "v2");
            await assert.rejects(stack.hands.up("by hand"), /product: stable v1 → v2: that is a step of its own/);
        });
    });

    describe("whose header has to reach the last hop", () => {
        const lost: Stack["prove"] = () => Promise.reject(new Refused({ what: "product-composite loses the header" }));
        it("is proven before its first share, and told so", async () => {
            const stack = new Stack({ steps: "50,100" });
            await stack.drive({ once: true });
            const kinds = stack.events.map(({ kind }) => kind);
            assert.deepEqual(kinds.slice(0, 4), ["begins", "proves", "proven", "step"]);
            const proven = stack.events.find(({ kind }) => kind === "proven");
            assert.deepEqual(proven && linesOf(proven), [
                "shop: x-release: v2 reaches product (20 requests), recommendation (20 requests), review (20 requests)",
            ]);
            // By then its users' own requests show it.
            assert.equal(await stack.drive(), "done");
            assert.equal(stack.proofs, 1);
        });
        it("is refused before anything is moved, testers included", async () => {
            const stack = new Stack({ steps: "header,50,100" });
            stack.prove = lost;
            await assert.rejects(stack.drive(), /product-composite loses the header/);
            assert.deepEqual([stack.done, stack.written], [[], []]);
        });
        it("is refused after its header test where a service loses it meanwhile", async () => {
            const stack = new Stack({ steps: "header,50,100" });
            stack.prove = (...args) => (stack.proofs === 1 ? Promise.resolve({}) : lost(...args));
            await assert.rejects(stack.drive(), Refused);
            assert.deepEqual(stack.done, ["up 0"]);
            assert.equal(stack.config.get("weights.shop.v2"), undefined);
        });
        it("is proven by goto, too, before it gives the chain its first share", async () => {
            const stack = new Stack({ steps: "header,50,100" });
            stack.prove = lost;
            const members = [{ service: "shop", hands: stack.hands }];
            await assert.rejects(goTo(members, "50", { hasHeader: true }), Refused);
            assert.deepEqual(stack.done, []);
            await goTo(members, "header", { hasHeader: true });
            assert.deepEqual(stack.done, ["up 0"]);
        });
    });

    describe("is refused before its first step", () => {
        const refused = async (stack: Stack, expected: RegExp): Promise<void> => {
            await assert.rejects(stack.drive(), expected);
            assert.deepEqual([stack.done, stack.proofs], [[], 0]);
        };
        it("where it is to be copied, with the same steps without copies", () =>
            refused(
                new Stack({ steps: "header,mirror:20,50,100" }),
                /a chain gets no copies.*\n {4}fix: npx upshift release shop --steps header,50,100 --to v2/,
            ));
        it("as a switch that one header test declares: no header leads to a version there", () =>
            refused(
                new Stack({ steps: "header,100" }),
                /0 to 100 is a raise of 100 points; at most 50 a step\n {4}fix: .* --steps header,50,100/,
            ));
        it("where it is to be compared with a baseline, which no edge decides for", () =>
            refused(
                new Stack({ steps: "50,100", baseline: "v3" }),
                /a chain is compared with stable alone\n {4}fix: pulumi config rm --path release\.shop\.baseline/,
            ));
        it("where one of its services lacks the version", async () => {
            const stack = new Stack({ steps: "50,100" });
            const served = shopOf({ chain: 0, versionsOf: { review: ["v1"] } });
            const hands = { ...stack.hands, served: () => Promise.resolve({ ...served, access: {} }) };
            await assert.rejects(
                new Driver("shop", hands, { hasHeader: true }).run(),
                /review is part of the chain and has no version v2; it has v1\n {4}fix: deploy v2 of review/,
            );
        });
    });
});

describe("an undo of a chain", () => {
    const pointOf = (version: number, weights: HistoryPoint["weights"]): HistoryPoint => {
        const at = "2026-11-26T01:00:00Z";
        return { version, at, message: "", succeeded: true, weights };
    };
    const own = Object.fromEntries(chainServices.map((name) => [name, { v1: 100, v2: 0 }]));
    const around = (chain: number): Parameters<typeof returnTo>[2] => {
        const objects = chainObjects({ chain });
        const found = servicesIn({ objects }, splitsIn({ objects, headers: new Map() }), {});
        return { ...found, header: {}, where: "" };
    };
    it("brings the edge's weight back, and leaves those of its services", () => {
        const points = [
            pointOf(3, { ...own, shop: { v1: 80, v2: 20 } }),
            pointOf(2, { ...own, shop: { v1: 90, v2: 10 } }),
        ];
        const { journeys } = returnTo(points, undefined, around(20));
        assert.deepEqual(
            journeys.map(({ service, to }) => [service, to]),
            [["shop", { v1: 90, v2: 10 }]],
        );
    });
    it("is refused to where the edge did not decide yet, while it has users off stable", () => {
        const points = [pointOf(3, { ...own, shop: { v1: 80, v2: 20 } }), pointOf(1, own)];
        assert.throws(
            () => returnTo(points, 1, around(20)),
            /The edge did not decide for shop then.*\n {2}fix: npx upshift rollback shop, then npx upshift undo --to 1/,
        );
        assert.deepEqual(returnTo(points, 1, around(0)).newer, ["shop"]);
    });
});

describe("the stable version of a chain", () => {
    const codes = (from: ChainState, to: ChainState): string[] => {
        const [before, after] = [from, to].map((one) => stateWorld(chainObjects(one), undefined));
        if (!before || !after) return assert.fail();
        return judge([{ readFrom: "state", before, after }], {}).findings.map(inWords);
    };
    const stable = { stable: "v2" };
    it("may be the one that all have, whatever else its edge serves, such as who gives tokens", () => {
        assert.deepEqual(codes({ chain: 100, own: 100 }, { chain: 100, own: 100, marks: stable }), []);
    });
    it("may be none that part of its users lack, by whichever way they come", () => {
        const said = (state: ChainState): string => codes(state, { ...state, marks: stable }).join("\n");
        assert.match(said({ chain: 90, own: 100 }), /^shop: stable v1 → v2: .*; v2 has 90 %/m);
        assert.match(said({ chain: 0, own: 100 }), /^shop: stable v1 → v2: .*; v2 has 0 %/m);
        for (const name of chainServices) {
            // Whoever comes by the edge, and whoever does not.
            assert.match(said({ chain: 0, own: 100 }), new RegExp(`^${name}: stable v1 → v2: .*; v2 has 0 %`, "m"));
            assert.match(said({ chain: 100, own: 0 }), new RegExp(`^${name}: stable v1 → v2: .*; v2 has 0 %`, "m"));
        }
    });
    it("may be none that users of its edge lack whom it tells nothing", () => {
        const world = (marks: Marks = {}) => {
            const objects = chainObjects({ chain: 100, own: 100, marks });
            const edge = routesNamed(objects, "hands-on-edge-vs");
            const spec = edge.body.spec as unknown as VirtualServiceSpec;
            const old = {
                match: [{ uri: { prefix: "/old" } }],
                route: [{ destination: { host: "product", subset: "v1" } }],
            };
            const body = { ...edge.body, spec: { ...spec, http: [old, ...(spec.http ?? [])] } } as unknown as Body;
            return stateWorld([...objects.filter((one) => one !== edge), { ...edge, body }], undefined);
        };
        const { findings } = judge([{ readFrom: "state", before: world(), after: world(stable) }], {});
        assert.match(findings.map(inWords).join("\n"), /^shop: stable v1 → v2: .*; v2 has 0 %/m);
    });
});
