import * as assert from "node:assert/strict";
import { annotationsFor, type Marks } from "../../components/traffic/world/marks";
import { exitCodeOf } from "../../rollout/commands/plan";
import type { Change } from "../../rollout/plan/events";
import { makePlan } from "../../rollout/plan/make";
import type { Plan } from "../../rollout/plan/model";
import { headline } from "../../rollout/plan/told";
import {
    address,
    change,
    knownOf,
    liveOf,
    movedByHand,
    pods,
    type Release,
    type Situation,
    split,
} from "../support/previews";

const all = { v1: 100, v2: 0 };
const testers = { name: "X-group", exact: "test", to: "v2" };
const one = (v2: number) => ({ v1: 100 - v2, v2 });

const plan = (changes: readonly Change[], more?: Situation): Plan => makePlan(knownOf(changes, more));
/** A release of `review`, whose pods all run; what is not said is as it was. */
const release = (old: Release, next: Release, more?: Situation): Plan =>
    plan([...split("review", old, next), ...running("review")], more);
const running = (service: string, namespace?: string): Change[] => [
    address(service, {}, {}, { namespace }),
    ...["v1", "v2"].map((version) => pods(service, version, 2, 2, { namespace })),
];
const wordsOf = ({ services }: Plan): string[] => services.flatMap(({ words }) => words);
const codesOf = ({ findings }: Plan): (string | undefined)[] => findings.map(({ code }) => code);

/** What an edge has: a VirtualService at a gateway, with marks of its own. */
const edge = (name: string, marks: Marks, http: object[], gateway = "ingress/app", host = "shop.example.com") => ({
    metadata: { name, namespace: "hands-on", annotations: annotationsFor(marks) },
    spec: { hosts: [host], gateways: [gateway], http },
});
const atGateway = (name: string, old: object, next: object): Change =>
    change("kubernetes:networking.istio.io/v1:VirtualService", name, old, next);
const weighted = (v2: number): object => ({
    name: "weighted",
    route: [
        { destination: { host: "review", subset: "v1" }, weight: 100 - v2 },
        { destination: { host: "review", subset: "v2" }, weight: v2 },
    ],
});

describe("the plan's who moves", () => {
    describe("is told of requests that are answered by no version:", () => {
        it("a fault for everybody is refused, and the exit code says so", () => {
            const told = release({ weights: all }, { weights: all, routing: { fault: { abortStatus: 503 } } });
            assert.deepEqual(wordsOf(told), [
                "All requests for review are answered by no version (fault 503); before: v1 100 %.",
            ]);
            assert.deepEqual([told.result, codesOf(told), exitCodeOf(told)], ["refused", ["fails"], 1]);
            assert.match(headline(told), /REFUSED; review: 100 % are answered by no version \(fault 503\)/);
            assert.match(told.services[0]?.rollback ?? "", /weights lead nobody back/);
        });
        it("a fault for a few is said, and may go ahead", () => {
            const fault = { abortStatus: 503, abortPercent: 20 };
            const told = release({ weights: all }, { weights: all, routing: { fault } });
            assert.deepEqual(told.services[0]?.proposed?.weights, { v1: 80, v2: 0, "no version (fault 503)": 20 });
            assert.deepEqual([told.result, exitCodeOf(told)], ["changes", 0]);
        });
        it("a timeout that is shorter than an answer takes", () => {
            const told = release({ weights: all }, { weights: all, routing: { timeout: "1ms" } });
            assert.match(wordsOf(told).join("\n"), /All requests for review are answered by no version \(timeout 1ms/);
            assert.equal(told.result, "refused");
        });
        it("a redirect, in routes that no release made", () => {
            const spec = (http: object) => ({ metadata: { name: "old" }, spec: { hosts: ["old"], http: [http] } });
            const told = plan([
                atGateway(
                    "old",
                    spec({ route: [{ destination: { host: "old" } }] }),
                    spec({ redirect: { uri: "/new" } }),
                ),
            ]);
            assert.match(wordsOf(told).join("\n"), /All requests for old are answered by no version \(redirect 301\)/);
            assert.equal(told.services[0]?.rollback, undefined, "no config has weights for it");
        });
    });

    describe("is told by kinds of requests:", () => {
        const toV2 = (...any: object[]): Release => ({ weights: all, routing: { canaryMatch: { any, to: "v2" } } });

        it("a switch by path", () => {
            const told = release({ weights: all }, toV2({ path: { prefix: "/beta" } }));
            assert.deepEqual(wordsOf(told), ["Requests for /beta… go to v2 whatever the weights: this is new."]);
            assert.match(headline(told), /review: some requests move/);
            assert.equal(told.result, "refused");
        });
        it("a rule that is there already keeps its row while everybody else moves", () => {
            const beta = toV2({ path: { prefix: "/beta" } });
            const told = release(beta, { ...beta, weights: one(20) });
            assert.deepEqual(wordsOf(told), [
                "1 in 5 requests for review goes to v2, the others to v1; before: v1 100 %.",
                "Requests for /beta… go to v2 as before.",
            ]);
        });
        it("methods, cookies and the labels of callers", () => {
            const told = release(
                { weights: all },
                toV2(
                    { method: { exact: "OPTIONS" } },
                    { cookies: { group: { exact: "test" } } },
                    { sourceLabels: { app: "qa" } },
                ),
            );
            assert.deepEqual(wordsOf(told), [
                "Requests by OPTIONS go to v2 whatever the weights: this is new.",
                "Requests with cookie group=test go to v2 whatever the weights: this is new.",
                "Requests from pods with app=qa go to v2 whatever the weights: this is new.",
            ]);
        });
        it("testers, by the header as its program writes it, who are no users", () => {
            const told = release({ weights: all }, { weights: all, canaryHeader: testers });
            assert.deepEqual(wordsOf(told), [
                "Requests with X-group: test go to v2 whatever the weights: this is new.",
            ]);
            assert.deepEqual([told.result, told.services[0]?.step.words], ["changes", "weights stay"]);
        });
        it("users whom a cookie keeps where they are", () => {
            const kept = { affinity: { cookie: "upshift" } };
            const told = release({ weights: one(20), routing: kept }, { weights: one(40), routing: kept });
            assert.deepEqual(wordsOf(told).slice(1), [
                "Users whom v1 has served before go to v1 as before.",
                "Users whom v2 has served before go to v2 as before.",
            ]);
        });
        it("copies of requests", () => {
            const told = release({ weights: all }, { weights: all, routing: { mirror: { to: "v2", percent: 10 } } });
            assert.deepEqual(wordsOf(told), [
                "A copy of 1 in 10 requests for review goes to v2, whose answers nobody gets.",
            ]);
        });
    });

    describe("is told of new code:", () => {
        const swapped = (version: string, old: Release, next: Release): Plan =>
            plan([
                ...split("review", old, next),
                address("review", {}, {}),
                ...["v1", "v2"].map((name) =>
                    pods("review", name, 2, 2, name === version ? { image: ["a:1", "a:2"] } : {}),
                ),
            ]);

        it("an image that is swapped under all users is refused", () => {
            const told = swapped("v1", { weights: all }, { weights: all });
            assert.deepEqual(wordsOf(told), ["v1 gets new code under 100 % of the requests."]);
            assert.deepEqual([told.services[0]?.step.kind, codesOf(told)], ["code", ["new-code"]]);
        });
        it("where it is declared, it is said and may go ahead", () => {
            const told = swapped("v1", { weights: all }, { weights: all, marks: { inPlace: "v1" } });
            assert.deepEqual(wordsOf(told), ["v1 gets new code under 100 % of the requests, as declared."]);
            assert.equal(told.result, "changes");
        });
        it("testers of a version that nobody else has", () => {
            const release = { weights: all, canaryHeader: testers };
            const told = swapped("v2", release, release);
            assert.deepEqual(wordsOf(told), ["Requests with X-group: test go to v2 as before, which gets new code."]);
        });
        it("of a service with one version all its users get it, which is said and not refused", () => {
            const told = plan([address("auth", {}, {}), pods("auth", "v1", 2, 2, { image: ["auth:1", "auth:2"] })]);
            assert.deepEqual(wordsOf(told), ["All its users get new code."]);
            assert.deepEqual([told.result, told.findings], ["changes", []]);
        });
        it("pods that only become more are none", () => {
            assert.deepEqual(plan([address("auth", {}, {}), pods("auth", "v1", 2, 5)]).services, []);
        });
    });

    describe("is told of what goes:", () => {
        const gone = (more?: Situation): Plan =>
            plan(
                [
                    ...split("review", { weights: all, marks: { group: "shop" } }, undefined),
                    address("review", {}, undefined),
                    pods("review", "v1", 2, undefined),
                    pods("review", "v2", 2, undefined),
                ],
                more,
            );

        it("a service with users is refused, with the key that says it on purpose", () => {
            const told = gone();
            assert.deepEqual(wordsOf(told), ["review is taken away; v1 100 % served until now."]);
            assert.deepEqual([told.result, codesOf(told)], ["refused", ["removal"]]);
            assert.match(told.findings[0]?.fix ?? "", /remove shop/);
        });
        it("where config says so, it is told and may go ahead", () => {
            const told = gone({ config: { "upshift:remove": '["shop"]' } });
            assert.deepEqual(wordsOf(told), ["review is taken away; v1 100 % served until now."]);
            assert.equal(told.result, "changes");
        });
        it("a service without a mesh", () => {
            const told = plan([address("auth", {}, undefined), pods("auth", "v1", 2, undefined)]);
            assert.deepEqual(wordsOf(told), ["auth is taken away; v1 100 % served until now."]);
            assert.equal(told.result, "refused");
        });
    });

    describe("is told of what somebody else has changed:", () => {
        it("what an `up` takes back comes first, in words", () => {
            const told = release({ weights: all }, { weights: one(10) }, { edit: movedByHand(30) });
            assert.equal(
                wordsOf(told)[0],
                "Somebody else has moved the traffic: now v1 70 %, v2 30 %; this makes it v1 90 %, v2 10 %.",
            );
            assert.deepEqual(told.services[0]?.live, { v1: 70, v2: 30 });
        });
        it("also where nothing else moves, because the routes are written for another reason", () => {
            const told = release(
                { weights: all },
                { weights: all, marks: { maxRaise: 10 } },
                { edit: movedByHand(30) },
            );
            assert.match(wordsOf(told)[0] ?? "", /now v1 70 %, v2 30 %; this makes it v1 100 %/);
            assert.equal(told.services[0]?.step.kind, "drift");
        });
        it("what an `up` leaves as it is moves nobody, and is no step", () => {
            const told = release(
                { weights: one(30) },
                { weights: one(30) },
                {
                    edit: ({ kind, spec }) =>
                        kind === "VirtualService"
                            ? {
                                  spec: JSON.parse(
                                      JSON.stringify(spec).replace("70", "100").replace("30", "0"),
                                  ) as object,
                              }
                            : undefined,
                },
            );
            assert.deepEqual([told.result, told.services, told.findings], ["nothing", [], []]);
            assert.equal(told.drift.length, 1);
        });
        it("by whom, also where Pulumi wrote in the same second", () => {
            const time = "2026-11-21T08:15:00Z";
            const managedFields = ["kubectl-patch", "pulumi-kubernetes"].map((manager) => ({
                manager,
                time,
                fieldsV1: { "f:spec": {} },
            }));
            const moved = movedByHand(30);
            const told = release(
                { weights: all },
                { weights: all },
                { edit: (object) => ({ ...moved(object), metadata: { ...object.metadata, managedFields } }) },
            );
            assert.deepEqual([told.drift[0]?.by, told.drift[0]?.fixes?.length], ["kubectl-patch", 2]);
        });
        it("a rule for some requests", () => {
            const rule = {
                match: [{ headers: { "x-me": { exact: "1" } } }],
                route: [{ destination: { host: "review", subset: "v2" } }],
            };
            const told = release(
                { weights: all },
                { weights: one(10) },
                {
                    edit: ({ kind, spec }) =>
                        kind === "VirtualService"
                            ? { spec: { ...(spec as object), http: [rule, ...(spec as { http: object[] }).http] } }
                            : undefined,
                },
            );
            assert.match(wordsOf(told)[0] ?? "", /moved the traffic of requests with x-me: 1: now v2 100 %/);
        });
        it("an image, by what answers", () => {
            const told = plan(
                [
                    ...split("review", { weights: all }, { weights: all }),
                    ...running("review").slice(0, 2),
                    pods("review", "v2", 2, 3),
                ],
                {
                    edit: ({ kind, spec, metadata }) =>
                        metadata.name === "review-v1" && kind === "Deployment"
                            ? { spec: JSON.parse(JSON.stringify(spec).replace("demo:v1", "demo:hand")) as object }
                            : undefined,
                },
            );
            assert.deepEqual(told.services, [], "the Deployment is not written, so it stays as it is");
            assert.match(JSON.stringify(told.drift), /demo:hand/);
        });
    });

    it("moves with the edge that decides for a whole chain, whose stable version is v2", () => {
        const chain = (v2: number): object =>
            edge("shop-vs", { service: "shop-chain", group: "shop", stable: "v2", maxRaise: 25 }, [
                {
                    match: [{ uri: { prefix: "/product-composite" } }],
                    route: ["v1", "v2"].map((version) => ({
                        destination: { host: "composite" },
                        headers: { request: { set: { "x-release": version } } },
                        weight: version === "v2" ? v2 : 100 - v2,
                    })),
                },
                { match: [{ uri: { prefix: "/oauth2" } }], route: [{ destination: { host: "auth" } }] },
            ]);
        const inChain = { weights: all, inChain: true, marks: { group: "shop" } };
        const told = plan([
            atGateway("shop-vs", chain(100), chain(80)),
            ...split("review", inChain, inChain),
            ...running("review"),
            ...["composite", "auth"].flatMap((name) => [address(name, {}, {}), pods(name, "v1", 1, 1)]),
        ]);
        const [review, shop] = told.services;
        assert.deepEqual([shop?.service, shop?.stable, shop?.step.words], ["shop-chain", "v2", "step 1 of 5 to v1"]);
        assert.deepEqual(shop?.words, [
            "1 in 5 requests for shop-chain goes to v1, the others to v2; before: v2 100 %.",
        ]);
        assert.match(shop?.rollback ?? "", /go back to v2 .*weights\.shop-chain\.v1=0 .*weights\.shop-chain\.v2=100/);
        assert.deepEqual(
            [review?.step.words, review?.words],
            ["moves with shop-chain", ["Requests by way of shop-chain go to v1 20 %, v2 80 %; before: v2."]],
        );
    });

    describe("names a service", () => {
        const stays = [...split("review", { weights: all }, { weights: all }), ...running("review")];

        it("as its release does, whatever its hosts are, and in the command of a rollback too", () => {
            const host = (v2: number): object =>
                edge(
                    "product-vs",
                    { service: "product", stable: "v1", maxRaise: 25 },
                    [weighted(v2)],
                    "ingress/app",
                    "store.example.com",
                );
            const [told] = plan([atGateway("product-vs", host(0), host(20)), ...stays]).services;
            assert.equal(told?.service, "product");
            assert.match(
                told?.rollback ?? "",
                /--plaintext weights\.product\.v1=100 --plaintext weights\.product\.v2=0/,
            );
        });
        it("with its namespace, where two have one name", () => {
            const told = plan([
                ...split("review", { weights: all }, { weights: one(10) }),
                ...split("review", { weights: one(50), namespace: "stage" }, { weights: all, namespace: "stage" }),
            ]);
            assert.deepEqual(
                told.services.map(({ service, at, step }) => [service, at, step.words]),
                [
                    ["review", "in hands-on", "step 1 of 5 to v2"],
                    ["review", "in stage", "back to v1"],
                ],
            );
        });
        it("with its gateway, where one host is at two of them with other weights", () => {
            const marks = { service: "store", stable: "v1", maxRaise: 25 };
            const at = (side: string, v2: number): object => edge(side, marks, [weighted(v2)], `ingress/${side}`);
            const told = plan([
                atGateway("inside", at("inside", 50), at("inside", 60)),
                atGateway("outside", at("outside", 0), at("outside", 10)),
                ...stays,
            ]);
            assert.deepEqual(
                told.services.map(({ at, step }) => [at, step.words]),
                [
                    ["at ingress/inside", "step 3 of 5 to v2"],
                    ["at ingress/outside", "step 1 of 5 to v2"],
                ],
            );
        });
    });

    describe("counts steps by what is applied:", () => {
        it("a limit that the step brings along counts from the next one on", () => {
            const told = release({ weights: all }, { weights: one(25), marks: { maxRaise: 50 } });
            assert.equal(told.services[0]?.step.words, "step 1 of 4 to v2");
            assert.match(wordsOf(told).join("\n"), /From the next step on a step may raise by 50 points/);
        });
        it("two systems are each judged by themselves", () => {
            const two = (...groups: string[]): Plan =>
                plan(
                    ["review", "store"].flatMap((service, index) => {
                        const marks = { group: groups[index], maxRaiseTogether: 25 };
                        return split(service, { weights: all, marks }, { weights: one(20), marks });
                    }),
                );
            assert.deepEqual(codesOf(two("a", "b")), []);
            assert.deepEqual(codesOf(two("a", "a")), ["together"]);
        });
        it("of pods in whole pods", () => {
            const marks = { service: "note", stable: "v1", maxRaise: 25 };
            const of = (from: number, to: number): Plan =>
                plan([
                    address("note", marks, marks),
                    pods("note", "v1", from, to),
                    pods("note", "v2", 6 - from, 6 - to),
                ]);
            const [first] = of(6, 5).services;
            assert.deepEqual([first?.by, first?.step.words], ["pods", "step 1 of 6 to v2"]);
            assert.deepEqual(first?.proposed?.weights, { v1: 83.3, v2: 16.7 });
            assert.match(first?.rollback ?? "", /weights\.note\.v1=100 --plaintext weights\.note\.v2=0 /);
        });
        it("stable is what was marked so; to mark another is a word, and leads back there from then on", () => {
            const told = release({ weights: one(100) }, { weights: one(100), marks: { stable: "v2" } });
            assert.deepEqual(wordsOf(told), ["From the next step on a rollback leads to v2, and no longer to v1."]);
            assert.equal(told.services[0]?.rollback, undefined);
        });
        it("a release whose stable version is v2 goes back there", () => {
            const marks = { stable: "v2" };
            const told = release({ weights: one(60), marks }, { weights: one(80), marks });
            assert.equal(told.services[0]?.step.words, "a step back to v2");
            assert.match(told.services[0]?.rollback ?? "", /go back to v2 .*review\.v1=0 .*review\.v2=100/);
        });
    });

    describe("is not told of what can't be read, and that is refused:", () => {
        const unreadable = (weight: unknown): Plan =>
            release({ weights: all }, { weights: { v1: 90, v2: weight as number } });

        it("a value that is not known at preview", () => {
            const told = unreadable("04da6b54-80e4-46f7-96ec-b56ff0331ba9");
            assert.match(wordsOf(told).join("\n"), /not known: the weight of v2 is not known at preview/);
            assert.deepEqual([told.result, codesOf(told)], ["refused", ["unreadable"]]);
            assert.equal(told.services[0]?.proposed, undefined);
        });
        it("a secret", () => {
            const sign = { "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270", ciphertext: "x" };
            const told = unreadable(sign);
            assert.match(wordsOf(told).join("\n"), /only encrypted/);
            assert.equal(told.result, "refused");
        });
    });

    it("is judged from the state alone where the cluster does not answer", () => {
        const told = release({ weights: all }, { weights: one(90) }, { live: { why: "no answer" } });
        assert.deepEqual([told.result, told.findings[0]?.allowed], ["refused", 25]);
        assert.match(told.notKnown.join("\n"), /live cluster not seen: no answer/);
    });
    it("is told of what was seen, and what serves meanwhile, where a preview fails halfway", () => {
        const changes = [...split("review", { weights: one(20) }, { weights: one(40) }), ...running("review")];
        const error = { severity: "error" as const, message: "it broke" };
        const told = plan(changes, { diagnostics: [error] });
        assert.deepEqual([told.result, told.serving, exitCodeOf(told)], ["failed", { review: "v1 80 %, v2 20 %" }, 2]);
    });
    it("says nothing of a cluster in which nothing of the stack changes", () => {
        const other = liveOf([...split("other", { weights: one(40) }, undefined), ...running("other")]);
        const own = split("review", { weights: all }, { weights: one(10) });
        const told = plan(own, { live: { objects: [...liveOf(own), ...other] } });
        assert.deepEqual(
            told.services.map(({ service }) => service),
            ["review"],
        );
    });
});
