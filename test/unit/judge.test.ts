import * as assert from "node:assert/strict";
import { judge } from "../../components/traffic/judge/judge";
import { describe as inWords } from "../../components/traffic/judge/words";
import { annotationsFor } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import { type Body, unknown } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { byHeader, codes, deployment, judged, routes, service, type Split, told, world } from "../support/worlds";

/** The service review with a share of v2. */
const at = (v2: number, more: Split = {}): World => world(service({ weights: { v1: 100 - v2, v2 }, ...more }));
const toV2 = (match: object) => ({ match: [match], route: [{ destination: { host: "review", subset: "v2" } }] });
const tested = { rules: [byHeader("v2")], marks: { blueGreen: "v2" } };

describe("the judge of a step", () => {
    it("refuses a raise of more than the limit, and names the next allowed value and its command", () => {
        const [finding, ...others] = judged(at(25), at(90)).findings;
        assert.deepEqual(others, []);
        assert.deepEqual(finding, {
            code: "raise",
            service: "review",
            version: "v2",
            from: 25,
            to: 90,
            limit: 25,
            allowed: 50,
            canSwitch: true,
            fix: "pulumi config set-all --path --plaintext weights.review.v1=50 --plaintext weights.review.v2=50",
        });
        assert.equal(
            finding && inWords(finding),
            "review: v2 25 → 90 is a raise of 65 points; at most 25 a step: try 50, or declare a blue/green switch after a header test",
        );
    });
    it("allows a raise of exactly the limit, and not one point more", () => {
        assert.deepEqual(told(at(25), at(50)), []);
        assert.equal(told(at(25), at(51)).length, 1);
    });
    it("takes what is not there before for a first deployment, and no step", () => {
        assert.deepEqual(told(world(), at(100)), []);
    });
    it("takes a Service whose pods were never made for a first deployment that goes on", () => {
        const [halfway] = service();
        assert.ok(halfway);
        assert.deepEqual(told(world(halfway), at(0)), []);
    });
    it("judges the first routes of a Service whose pods serve, or were scaled to none", () => {
        const [own] = service();
        assert.ok(own);
        for (const pods of [2, 0])
            assert.deepEqual(codes(world(own, deployment({ version: "v2", pods })), at(0)), ["raise"], `${pods} pods`);
    });
    it("names no command where nothing serves that could be called stable", () => {
        const [own] = service();
        assert.ok(own);
        const [finding] = judged(world(own, deployment({ version: "v2", pods: 0 })), at(0)).findings;
        assert.equal(finding?.code, "raise");
        assert.equal(finding.fix, undefined);
    });
    it("goes on with a first deployment that ended before its routes, whatever the order of the pods", () => {
        const [own] = service();
        assert.ok(own);
        const pods = ["v2", "v1"].map((version) => deployment({ version, pods: 2 }));
        for (const some of [pods, pods.toReversed()])
            assert.deepEqual(told(world(own, ...some), world(service({ marks: { stable: "v1" } }))), []);
    });
    it("knows by their pods which of equals the first split calls stable, also where those have another label for their version", () => {
        const [own] = service();
        assert.ok(own);
        const pods = ["1.25.0", "1.26.0"].map((version) => deployment({ version }));
        const subsets = { v1: { version: "1.25.0" }, v2: { version: "1.26.0" } };
        const split = (v2: number): World =>
            world(
                own,
                ...pods,
                ...service({ weights: { v1: 100 - v2, v2 }, subsets }).filter(({ kind }) => /Rule|Virtual/.test(kind)),
            );
        for (const some of [pods, pods.toReversed()]) {
            assert.deepEqual(told(world(own, ...some), split(0)), []);
            assert.deepEqual(codes(world(own, ...some), split(100)), ["raise"]);
        }
    });
    describe("of a first deployment that ended with the pods of another version than the Service calls stable", () => {
        const cutOff = (...pods: Placed[]): World => {
            const [own] = service();
            assert.ok(own);
            const annotations = annotationsFor({ stable: "v1" });
            const metadata = { ...(own.body.metadata as Body), annotations };
            return world({ ...own, body: { ...own.body, metadata } }, ...pods);
        };
        const v2 = deployment({ version: "v2", pods: 2 });
        it("goes on to stable, whether its pods were made, or are yet to be", () => {
            const unready = deployment({ version: "v1", pods: 2, ready: 0 });
            assert.deepEqual(told(cutOff(v2), at(0)), []);
            assert.deepEqual(told(cutOff(v2, unready), at(0)), []);
        });
        it("refuses to lead them to a third version", () => {
            const three = world(service({ weights: { v1: 0, v2: 0, v3: 100 } }));
            assert.deepEqual(codes(cutOff(v2), three), ["stable-unserved"]);
        });
        it("refuses another version than stable where stable has its users", () => {
            const v1 = deployment({ version: "v1", pods: 2 });
            assert.deepEqual(codes(cutOff(v1), at(100)), ["raise"]);
            assert.ok(codes(cutOff(v1), at(100, { marks: { stable: "v2" } })).includes("raise"));
        });
        it("refuses other pods by the stable version's name once there are routes", () => {
            const bare = world(service({ weights: { v1: 0, v2: 100 }, versions: ["v2"] }));
            const next = world(service({ weights: { v1: 100, v2: 0 } }));
            assert.deepEqual(codes(bare, next), ["stable-unserved"]);
        });
    });
    it("lets everybody back to stable at once, from wherever they are", () => {
        for (const v2 of [1, 25, 60, 100]) assert.deepEqual(told(at(v2), at(0)), []);
    });
    it("counts users whose path a rule above takes in another case only", () => {
        const above = { match: [{ uri: { prefix: "/A" } }], redirect: { uri: "/elsewhere" } };
        const anyCase = (v2: number): object => ({
            match: [{ uri: { exact: "/A" }, ignoreUriCase: true }],
            route: [
                { destination: { host: "review", subset: "v1" }, weight: 100 - v2 },
                { destination: { host: "review", subset: "v2" }, weight: v2 },
            ],
        });
        const of = (v2: number): World => world(service({ weights: { v1: 100, v2: 0 }, rules: [above, anyCase(v2)] }));
        assert.deepEqual(codes(of(0), of(60)), ["raise"]);
    });
    it("has nothing to say of a world that stays as it is", () => {
        assert.deepEqual(told(at(40, tested), at(40, tested)), []);
    });
    it("counts the larger raise where the state and the cluster differ, and shows both", () => {
        const after = at(60);
        const steps = [
            { readFrom: "state" as const, before: at(50), after },
            { readFrom: "cluster" as const, before: at(10), after },
        ];
        assert.deepEqual(judge(steps, { maxRaise: 25 }).findings.map(inWords), [
            "review: v2 10 → 60 is a raise of 50 points (the state has v2 50, the cluster has v2 10); at most 25 a step: try 35, or declare a blue/green switch after a header test",
        ]);
    });

    describe("takes its yardstick from what is applied", () => {
        it("when `stable` changes in the step that moves everybody to it", () => {
            assert.deepEqual(codes(at(0), at(100, { marks: { stable: "v2" } })), ["stable-moved", "raise"]);
        });
        it("when the config leaves the stable version out, so that another one comes first", () => {
            const after = world(service({ weights: { v2: 100 }, versions: ["v1", "v2"], marks: { stable: "v2" } }));
            assert.ok(codes(at(0), after).includes("raise"));
        });
        it("when versions are listed in another order, which makes another one the default stable", () => {
            const after = world(service({ weights: { v2: 100, v1: 0 }, marks: { stable: "v2" } }));
            assert.ok(codes(at(0), after).includes("raise"));
        });
        it("and lets another version be stable only in a step of its own, once it has all users", () => {
            assert.deepEqual(codes(at(50), at(50, { marks: { stable: "v2" } })), ["stable-moved"]);
            assert.deepEqual(codes(at(100), at(100, { marks: { stable: "v2" } })), []);
        });
        it("also where nothing is marked: the version with most users is the one to go back to", () => {
            const bare = (v2: number) => at(v2, { marks: { stable: undefined } });
            assert.deepEqual(told(bare(90), bare(100)), []);
            assert.equal(told(bare(0), bare(100)).length, 1);
        });
        it("also where somebody took the marks away in the cluster", () => {
            const [state, cluster, after] = [at(60), at(60, { marks: { stable: undefined } }), at(0)];
            const steps = [
                { readFrom: "state" as const, before: state, after },
                { readFrom: "cluster" as const, before: cluster, after },
            ];
            assert.deepEqual(judge(steps, { maxRaise: 25 }).findings, []);
        });
        it("a limit that is raised counts from the next step on", () => {
            const [low, high] = [{ marks: { maxRaise: 10 } }, { marks: { maxRaise: 100 } }];
            assert.match(told(at(0, low), at(50, high)).join(), /at most 10 a step/);
            assert.deepEqual(told(at(0, high), at(50, low)), []);
        });
        it("a policy pack's own limits hold whatever is applied", () => {
            const high = { marks: { maxRaise: 100, maxRaiseTogether: 100 } };
            assert.match(told(at(0, high), at(50, high), { maxRaise: 10, isFixed: true }).join(), /at most 10 a step/);
        });
        it("a release can't begin while stable serves nobody: the command that moves the mark ends that", () => {
            const three = (v2: number, v3: number, stable = "v1") =>
                world(service({ weights: { v1: 0, v2, v3 }, marks: { stable } }));
            const [finding] = judged(three(100, 0), three(80, 20)).findings;
            assert.equal(finding?.code, "stable-unserved");
            assert.equal(finding?.fix, "pulumi config set --path stable.review v2 && pulumi up");
            assert.deepEqual(told(three(100, 0), three(100, 0, "v2")), []);
            assert.deepEqual(told(three(100, 0, "v2"), three(80, 20, "v2")), []);
            assert.deepEqual(told(three(80, 20, "v2"), three(100, 0, "v2")), []);
        });
    });

    describe("judges every kind of users by itself", () => {
        const beta = toV2({ uri: { exact: "/beta" } });
        it("callers for whom a rule is there at all are users, whether or not it takes what they ask for", () => {
            const rule = {
                match: [{ headers: { "x-group": { exact: "test" } }, sourceNamespace: "stage" }],
                route: [{ destination: { host: "review", subset: "v1" } }],
            };
            const bare = world(service({ isUnrouted: true }));
            const after = world(service({ rules: [rule], weighted: { match: rule.match } }));
            assert.ok(codes(bare, after).includes("fails"), told(bare, after).join("\n"));
            assert.match(told(bare, after).join("\n"), /callers in namespace stage/);
        });
        it("a path, a method or a port is users, not testers: to move them is a raise of those", () => {
            for (const [match, words] of [
                [{ uri: { exact: "/beta" } }, "path /beta"],
                [{ method: { exact: "OPTIONS" } }, "method OPTIONS"],
                [{ port: 80 }, "port 80"],
            ] as const)
                assert.deepEqual(told(at(0), at(0, { rules: [toV2(match)] })), [
                    `review (${words}): v2 0 → 100 is a raise of 100 points; at most 25 a step: try 25, or declare a blue/green switch after a header test`,
                ]);
        });
        it("a path that leads to v2 already hides nobody: the others are still moved from 0", () => {
            for (const rule of [beta, toV2({ method: { exact: "OPTIONS" } }), toV2({ sourceLabels: { qa: "true" } })])
                assert.ok(codes(at(0, { rules: [rule] }), at(100, { rules: [rule] })).includes("raise"));
        });
        it("conditions that everybody meets make nobody a tester", () => {
            const matches = [
                { uri: { prefix: "/" } },
                { method: { exact: "GET" } },
                { headers: { "user-agent": { regex: ".*" } } },
                { headers: { ":path": { prefix: "/" } } },
                { sourceLabels: { app: "review", version: "v1" } },
                {},
            ];
            for (const match of matches) {
                const after = at(0, { rules: [toV2(match)] });
                assert.deepEqual(codes(at(0), after), ["raise"], JSON.stringify(match));
            }
        });
        it("a header that must be sent on purpose is a test route, with whatever value, and may lead to v2 at once", () => {
            for (const value of [{ exact: "test" }, {}, { regex: ".*" }, { regex: ".+" }, { prefix: "" }])
                assert.deepEqual(told(at(0), at(0, { rules: [byHeader("v2", { "x-group": value })] })), []);
        });
        it("and hides the weights behind it from nobody once it is applied", () => {
            const rules = [byHeader("v2", { "x-group": {} })];
            assert.deepEqual(codes(at(0, { rules }), at(100, { rules })), ["raise"]);
        });
        it("a header that our own edge gives to everybody makes nobody a tester", () => {
            const edge = placed("VirtualService", {
                metadata: { name: "edge", namespace: "shop" },
                spec: {
                    hosts: ["shop.example.com"],
                    gateways: ["edge/gw"],
                    http: [
                        {
                            route: [
                                { destination: { host: "web" }, headers: { request: { set: { "X-Group": "test" } } } },
                            ],
                        },
                    ],
                },
            });
            const before = world(service({ rules: [byHeader("v2")] }));
            assert.ok(codes(before, world(service({ rules: [byHeader("v2")] }), edge)).includes("raise"));
        });
        it("a rule that no request met, moved above the one that all met, is a raise", () => {
            const dead = { route: [{ destination: { host: "review", subset: "v2" } }] };
            const [before, after] = [[], [dead]].map((rules) => at(0, { rules }));
            assert.deepEqual(codes(before as World, after as World), ["raise"]);
        });
        it("requests without a header are users, too", () => {
            const rule = { ...toV2({}), match: [{ withoutHeaders: { "x-old": { exact: "1" } } }] };
            assert.deepEqual(codes(at(0), at(0, { rules: [rule] })), ["raise"]);
        });
    });

    describe("judges outcomes that are no version", () => {
        const weighted = (fields: object) => at(0, { weighted: fields });
        it("a fault for everybody fails them all", () => {
            const found = judged(
                at(0),
                weighted({ fault: { abort: { httpStatus: 503, percentage: { value: 100 } } } }),
            );
            assert.deepEqual(
                found.findings.map(({ code, to }) => [code, to]),
                [["fails", 100]],
            );
        });
        it("a fault within the limit is a step like any other", () => {
            assert.deepEqual(
                told(at(0), weighted({ fault: { abort: { httpStatus: 503, percentage: { value: 20 } } } })),
                [],
            );
        });
        it("a timeout that no answer can meet fails everybody, and one that grew or was there fails nobody", () => {
            assert.deepEqual(codes(at(0), weighted({ timeout: "1ms" })), ["fails"]);
            assert.deepEqual(codes(weighted({ timeout: "1ms" }), weighted({ timeout: "1ms" })), []);
            assert.deepEqual(codes(at(0), weighted({ timeout: "10s" })), []);
        });
        it("a redirect and an answer of the proxy serve no version", () => {
            for (const action of [{ redirect: { uri: "/" } }, { directResponse: { status: 200 } }]) {
                const rule = { match: [{ uri: { prefix: "/" } }], ...action };
                assert.deepEqual(codes(at(0), at(0, { rules: [rule] })), ["fails"]);
            }
        });
        it("but the way back to stable is open where a rule redirects", () => {
            const rules = [{ match: [{ uri: { exact: "/old" } }], redirect: { uri: "/" } }];
            assert.deepEqual(told(at(60, { rules }), at(0, { rules })), []);
        });
        it("routes by requests for a Service without an HTTP port have no effect, and say so", () => {
            const ports = [{ name: "tcp-review", port: 80 }];
            const [finding] = judged(at(0), at(20, { ports })).findings;
            assert.equal(finding?.code, "no-effect");
            assert.deepEqual(told(at(20, { ports }), at(20, { ports })), []);
        });
    });

    describe("takes new code for a rise", () => {
        const swapped = { images: { v1: "review:other" } };
        it("under the users of the version, by its share", () => {
            const [finding] = judged(at(0), at(0, swapped)).findings;
            assert.deepEqual([finding?.code, finding?.to], ["new-code", 100]);
            assert.equal(finding?.fix, "pulumi config set --path inPlace.review v1");
            assert.deepEqual(told(at(20), at(20, { images: { v2: "review:other" } })), []);
        });
        it("unless the update declares it", () => {
            assert.deepEqual(told(at(0), at(0, { ...swapped, marks: { inPlace: "v1" } })), []);
            assert.equal(told(at(0), at(0, { ...swapped, marks: { inPlace: "v2" } })).length, 1);
        });
        it("and a version that is swapped in the step that gives it everybody for untested", () => {
            const after = at(100, { images: { v2: "review:other" }, marks: { blueGreen: "v2" } });
            assert.deepEqual(codes(at(0, tested), after), ["switch-untested"]);
        });
        it("but lets Kubernetes roll a service that has one version and no split", () => {
            const one = (image: string) =>
                world(service({ weights: { v1: 100 }, isUnrouted: true, images: { v1: image } }));
            assert.deepEqual(told(one("a"), one("b")), []);
        });
    });

    describe("of a declared blue/green switch", () => {
        it("allows it where testers reach the version in what is applied, and as many pods are ready as of stable", () => {
            assert.deepEqual(told(at(0, tested), at(100, tested)), []);
        });
        it("refuses it in the step that declares it", () => {
            assert.deepEqual(codes(at(0, { rules: [byHeader("v2")] }), at(100, tested)), ["raise"]);
        });
        it("refuses it without a header route in what is applied, whatever is proposed", () => {
            const [finding] = judged(at(0, { marks: { blueGreen: "v2" } }), at(100, tested)).findings;
            assert.equal(finding?.code, "switch-untested");
        });
        it("does not take a path for a test", () => {
            const rules = [toV2({ uri: { exact: "/beta" } })];
            const before = at(0, { rules, marks: { blueGreen: "v2" } });
            assert.deepEqual(codes(before, at(100, { rules })), ["switch-untested"]);
        });
        it("refuses it with fewer ready pods than stable, with none, or when they could not be counted", () => {
            const ready = (v1: number, v2: number) => ({ ...tested, ready: { v1, v2 } });
            assert.match(told(at(0, ready(3, 1)), at(100, ready(3, 1))).join(), /v2 has 1 ready pods and v1 3/);
            assert.match(told(at(0, ready(1, 0)), at(100, ready(1, 0))).join(), /v2 has 0 ready pods and v1 1/);
            const state = (v2: number): World => ({
                ...world(
                    service({ weights: { v1: 100 - v2, v2 }, ...tested }).filter(({ kind }) => kind !== "Deployment"),
                ),
                isWhole: false,
            });
            assert.match(told(state(0), state(100)).join(), /its ready pods could not be counted/);
        });
        it("covers neither another version nor a stop on the way", () => {
            assert.deepEqual(codes(at(0, tested), at(90, tested)), ["raise"]);
            const other = { ...tested, marks: { blueGreen: "v3" } };
            assert.deepEqual(codes(at(0, other), at(100, other)), ["raise"]);
        });
    });

    describe("of what goes away", () => {
        it("refuses to take a version that serves, and lets a drained one go", () => {
            const without = world(service({ weights: { v1: 100 } }));
            assert.deepEqual(codes(at(20), without), ["removal"]);
            assert.deepEqual(codes(at(0, { rules: [byHeader("v2")] }), without), ["removal"]);
            assert.deepEqual(codes(at(0), without), []);
        });
        it("refuses to scale a serving version to 0, and to relabel its subset", () => {
            assert.deepEqual(codes(at(20), at(20, { pods: { v2: 0 } })), ["removal"]);
            const relabelled = at(20, { subsets: { v2: { version: "v3" } } });
            assert.ok(codes(at(20), relabelled).includes("removal"));
        });
        it("refuses to take away a service with users, unless that is said", () => {
            const [finding] = judged(at(0), world()).findings;
            assert.equal(finding?.code, "removal");
            assert.equal(finding?.fix, "pulumi config set remove review");
            assert.deepEqual(told(at(0), world(), { maxRaise: 25, removed: ["review"] }), []);
        });
        it("judges a subset whose labels lead to other pods by those pods", () => {
            const swapped = at(0, { subsets: { v1: { version: "v2" } } });
            assert.ok(codes(at(0), swapped).some((code) => code === "raise" || code === "removal"));
        });
    });

    describe("of hosts, gateways and namespaces", () => {
        const edge = (v2: number, hosts: string[], gateways = ["edge/gw"]): Placed =>
            routes({ weights: { v1: 100 - v2, v2 }, hosts, gateways });
        const around = service({ isUnrouted: true });
        it("a host that is served under another list of hosts is the same host", () => {
            const before = world(around, edge(0, ["shop.example.com"]));
            assert.ok(
                codes(before, world(around, edge(100, ["www.example.com", "shop.example.com"]))).includes("raise"),
            );
        });
        it("a host that was served by a wildcard is the same host", () => {
            const found = codes(world(around, edge(0, ["*"])), world(around, edge(100, ["shop.example.com"])));
            assert.ok(found.includes("raise"), found.join());
        });
        it("a more specific host beside a wildcard takes its users away from it", () => {
            const special = routes({
                name: "review",
                weights: { v1: 0, v2: 100 },
                hosts: ["shop.example.com"],
                gateways: ["edge/gw"],
            });
            const beside = { ...special, name: "special-vs" };
            assert.ok(
                codes(world(around, edge(0, ["*.example.com"])), world(around, edge(0, ["*.example.com"]), beside))
                    .length > 0,
            );
        });
        it("one host at an inside and an outside gateway is two places, each with its own weights", () => {
            const two = (inside: number, outside: number) =>
                world(
                    around,
                    { ...edge(inside, ["shop.example.com"], ["in/gw"]), name: "inside" },
                    { ...edge(outside, ["shop.example.com"], ["out/gw"]), name: "outside" },
                );
            assert.deepEqual(told(two(0, 50), two(0, 50)), []);
            assert.deepEqual(told(two(0, 50), two(20, 50)), []);
            assert.equal(codes(two(0, 50), two(90, 50)).length, 1);
        });
        it("routes that callers inside lose are a change for those", () => {
            const before = world(around, edge(0, ["review"], ["mesh", "edge/gw"]));
            // Without routes all pods answer, half of which are v2's.
            assert.ok(codes(before, world(around, edge(0, ["review"], ["edge/gw"]))).includes("raise"));
        });
        it("routes that are exported to fewer namespaces are a change for the others", () => {
            assert.ok(codes(at(0), at(0, { exportTo: ["."] })).includes("raise"));
        });
        it("versions that other namespaces can't see any more are a change for those", () => {
            const hidden: World = {
                ...at(20),
                objects: at(20).objects.map((one) =>
                    one.kind === "DestinationRule"
                        ? { ...one, body: { ...one.body, spec: { ...(one.body.spec as Body), exportTo: ["."] } } }
                        : one,
                ),
            };
            assert.ok(codes(at(20), hidden).includes("fails"), told(at(20), hidden).join("\n"));
            assert.deepEqual(told(hidden, hidden), []);
        });
        it("a name with a dot has its own routes, and the older of those for it and for the Service decides", () => {
            const named = (v2: number): Placed => ({ ...edge(v2, ["review.shop"], ["mesh"]), name: "named" });
            assert.ok(codes(world(around, named(0)), world(around, named(90))).includes("raise"));
            assert.deepEqual(codes(at(0), world(at(0).objects, named(100))), []);
        });
        it("routes that are for no caller at a gateway leave the host to a wildcard", () => {
            const none = { ...edge(0, ["shop.example.com"]), name: "special-vs" };
            const only = (labels: object) => ({
                ...none,
                body: {
                    ...none.body,
                    spec: {
                        ...(none.body.spec as Body),
                        http: [{ match: [labels], route: [{ destination: { host: "review", subset: "v1" } }] }],
                    },
                } as unknown as Body,
            });
            const all = (v2: number, match: object) =>
                world(around, { ...edge(v2, ["*.example.com"]), name: "all" }, only(match));
            assert.ok(codes(all(0, { port: 81 }), all(90, { port: 81 })).length > 0);
        });
        it("two services of one name in two namespaces are judged apart, and added up", () => {
            const both = (one: number, other: number): World =>
                world(
                    service({ weights: { v1: 100 - one, v2: one } }),
                    service({ namespace: "stage", weights: { v1: 100 - other, v2: other } }),
                );
            assert.deepEqual(told(both(0, 0), both(0, 0)), []);
            assert.equal(codes(both(0, 0), both(90, 0)).length, 1);
        });
    });

    it("is measured by the limits as they were applied, and not by those that somebody wrote into the cluster", () => {
        const marked = (v2: number, maxRaise: number) => at(v2, { marks: { stable: "v1", maxRaise } });
        const after = marked(80, 25);
        const codesOver = (cluster: World): string[] =>
            judge(
                [
                    { readFrom: "state", before: after, after },
                    { readFrom: "cluster", before: cluster, after },
                ],
                {},
            ).findings.map(({ code }) => code);
        assert.deepEqual(codesOver(marked(0, 25)), ["raise"]);
        assert.deepEqual(codesOver(marked(0, 100)), ["raise"]);
    });

    describe("of several services", () => {
        const two = (product: number, review: number, group?: string): World =>
            world(
                service({
                    name: "product",
                    weights: { v1: 100 - product, v2: product },
                    marks: { group: group && "one" },
                }),
                service({ weights: { v1: 100 - review, v2: review }, marks: { group } }),
            );
        it("adds up what a request meets on its way, and proposes the services one after the other", () => {
            const [finding, ...others] = judged(two(0, 0), two(20, 20)).findings;
            assert.deepEqual(others, []);
            assert.equal(
                finding && inWords(finding),
                "product v2 0 → 20, review v2 0 → 20 are together a raise of 40 points; at most 25 a step: try product v2 20, review v2 5",
            );
            assert.equal(
                finding?.fix,
                "pulumi config set-all --path --plaintext weights.product.v1=80 --plaintext weights.product.v2=20 && " +
                    "pulumi config set-all --path --plaintext weights.review.v1=95 --plaintext weights.review.v2=5",
            );
        });
        it("has a limit of its own for that, and none from 100 on", () => {
            assert.deepEqual(told(two(0, 0), two(20, 20), { maxRaise: 25, maxRaiseTogether: 40 }), []);
            assert.deepEqual(told(two(0, 0), two(25, 25), { maxRaise: 25, maxRaiseTogether: 100 }), []);
        });
        it("adds up within a group alone", () => {
            assert.deepEqual(told(two(0, 0, "two"), two(20, 20, "two")), []);
        });
        it("lets nobody pass by moving three versions at once", () => {
            const three = (v1: number, v2: number, v3: number) => world(service({ weights: { v1, v2, v3 } }));
            assert.deepEqual(codes(three(100, 0, 0), three(50, 25, 25)), ["together"]);
        });
    });

    describe("of shares that follow the pods", () => {
        const pods = (v1: number, v2: number, marks = {}): World =>
            world(
                placed("Service", {
                    metadata: {
                        name: "ratings",
                        namespace: "shop",
                        annotations: { "upshift.dev/stable": "v1", ...marks },
                    },
                    spec: { selector: { app: "ratings" }, ports: [{ name: "http", port: 80 }] },
                }),
                ...[["v1", v1] as const, ["v2", v2] as const].flatMap(([version, count]) =>
                    count > 0 ? [deployment({ name: "ratings", version, pods: count })] : [],
                ),
            );
        it("judges them as shares of requests", () => {
            assert.deepEqual(told(pods(4, 0), pods(3, 1)), []);
            assert.match(told(pods(4, 0), pods(1, 3)).join(), /ratings: v2 0 → 75 is a raise of 75 points/);
            assert.deepEqual(told(pods(1, 3), pods(4, 0)), []);
        });
        it("proposes a number of pods that can be had, and more pods where none of these is little enough", () => {
            const [four] = judged(pods(4, 0), pods(0, 4)).findings;
            assert.equal(
                four?.fix,
                "pulumi config set-all --path --plaintext weights.ratings.v1=75 --plaintext weights.ratings.v2=25",
            );
            const [three] = judged(pods(3, 0), pods(2, 1)).findings;
            assert.equal(three?.fix, "pulumi config set --path total.ratings 4");
            assert.doesNotMatch(told(pods(3, 0), pods(2, 1)).join(), /switch/);
        });
        it("also when the version that goes is dropped from the config", () => {
            assert.match(told(pods(3, 1), pods(0, 1)).join(), /v2 25 → 100/);
        });
    });

    describe("of what can't be read", () => {
        const text = (weight: unknown): World =>
            world(
                service().map((one) =>
                    one.kind === "VirtualService"
                        ? {
                              ...one,
                              body: {
                                  ...one.body,
                                  spec: {
                                      hosts: ["review"],
                                      http: [
                                          {
                                              route: [
                                                  { destination: { host: "review", subset: "v1" }, weight: 80 },
                                                  { destination: { host: "review", subset: "v2" }, weight },
                                              ],
                                          },
                                      ],
                                  } as unknown as Body,
                              },
                          }
                        : one,
                ),
            );
        it("refuses weights that are text, unknown or no whole numbers, and says which", () => {
            assert.match(told(at(0), text("20")).join(), /the weight of v2 is the text "20", and must be a number/);
            assert.match(told(at(0), text(unknown)).join(), /the weight of v2 is not known at preview/);
            assert.match(told(at(0), text(20.5)).join(), /is 20\.5, and must be a whole number/);
        });
        it("lets everybody back to stable even then", () => {
            assert.deepEqual(told(text("20"), at(0)), []);
            assert.equal(codes(text("20"), at(10)).join(), "unreadable");
        });
        it("but to no other Service by that name, where its own pods have it", () => {
            const next = service({ name: "review-next", isUnrouted: true });
            const elsewhere = at(0, { weighted: { route: [{ destination: { host: "review-next", subset: "v1" } }] } });
            const found = codes(world(text("20").objects, next), world(elsewhere.objects, next));
            assert.deepEqual(found, ["unreadable"]);
        });
    });
});
