import * as assert from "node:assert/strict";
import * as fc from "fast-check";
import type { Kind, Place } from "../../components/traffic/effect/kind";
import { describeKind, isOptIn, kindsOf } from "../../components/traffic/effect/kinds";
import { judge } from "../../components/traffic/effect/matching";
import { sendersOf } from "../../components/traffic/effect/senders";
import type { Match } from "../../components/traffic/world/istio";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { deployment, service, world } from "../support/worlds";

const place: Place = { host: "review.shop.svc.cluster.local", entry: "mesh", protocol: "http" };
const words = (before: Match[], after: Match[] = []): string[] =>
    kindsOf(place, before, after).map(describeKind).sort();
const header = (value: object, name = "x-group"): Match => ({ headers: { [name]: value } });
const path = (prefix: string): Match => ({ uri: { prefix } });

describe("the kinds of request that conditions tell apart", () => {
    it("are those without any condition, those of each, and those that meet one of either side", () => {
        assert.deepEqual(words([]), [""]);
        assert.deepEqual(words([header({ exact: "test" })]), ["", "x-group: test"]);
        assert.deepEqual(words([header({ exact: "test" })], [path("/beta")]), [
            "",
            "path /beta…",
            "path /beta…, x-group: test",
            "x-group: test",
        ]);
    });
    it("have no product of all conditions: one of before and one of after decide", () => {
        const many = Array.from({ length: 12 }, (_, n) => header({ exact: "on" }, `x-${n}`));
        assert.ok(kindsOf(place, many, many).length <= 13 * 13);
    });
    it("leave out pairs that nobody can meet", () => {
        assert.deepEqual(words([header({ exact: "a" })], [header({ exact: "b" })]), ["", "x-group: a", "x-group: b"]);
        assert.deepEqual(words([path("/a")], [path("/b")]), ["", "path /a…", "path /b…"]);
        assert.deepEqual(words([{ port: 80 }], [{ port: 81 }]), ["", "port 80", "port 81"]);
        assert.deepEqual(words([{ method: { exact: "GET" } }], [{ method: { exact: "PUT" } }]), [
            "",
            "method GET",
            "method PUT",
        ]);
        const [a, b] = ["a", "b"].map((app): Match => ({ sourceLabels: { app } })) as [Match, Match];
        assert.deepEqual(words([a], [b]), ["", "callers labelled app=a", "callers labelled app=b"]);
    });
    it("keep a pair that can't be shown to be empty", () => {
        assert.ok(words([header({ regex: "a.*" })], [header({ regex: "b.*" })]).includes("x-group: /a.*/ and /b.*/"));
    });
    it("take the narrower of two conditions on one value", () => {
        assert.deepEqual(words([path("/a")], [path("/a/b")]), ["", "path /a/b…", "path /a…"]);
        assert.deepEqual(words([header({ prefix: "te" })], [header({ exact: "test" })]), [
            "",
            "x-group: test",
            "x-group: te…",
        ]);
    });
    it("tell a path in another case from one that a rule names in its own", () => {
        const anyCase: Match = { uri: { exact: "/A" }, ignoreUriCase: true };
        assert.deepEqual(words([anyCase], [path("/A")]), [
            "",
            "path /A in any case",
            "path /A in any case and /A…",
            "path /A…",
        ]);
        const [kind] = kindsOf(place, [anyCase], []).filter((one) => describeKind(one) !== "");
        const meets = (match: Match): boolean => judge(match, kind as Kind).holds;
        for (const match of [anyCase, { ...path("/a"), ignoreUriCase: true }, path("/"), { uri: { regex: "/.*" } }])
            assert.equal(meets(match), true, JSON.stringify(match));
        for (const match of [path("/A"), path("/a"), { uri: { exact: "/A" } }, { uri: { regex: "/[Aa]" } }])
            assert.equal(meets(match), false, JSON.stringify(match));
        assert.deepEqual(words([anyCase], [path("/b")]), ["", "path /A in any case", "path /b…"]);
    });
    it("tell those apart who have what a rule excludes", () => {
        const without: Match = { withoutHeaders: { "x-group": { exact: "test" } } };
        assert.deepEqual(words([without]), ["", "x-group: test"]);
        assert.deepEqual(words([{ ...without, ...path("/a") }]), ["", "path /a…", "x-group: test"]);
    });
    it("do not know the case of a header's name", () => {
        assert.deepEqual(words([header({ exact: "a" }, "X-Group")], [header({ exact: "a" })]), ["", "x-group: a"]);
    });
    it("leave out what is for other entries", () => {
        assert.deepEqual(words([{ gateways: ["shop/gw"], ...path("/a") }]), [""]);
        assert.deepEqual(words([{ gateways: ["mesh"], ...path("/a") }]), ["", "path /a…"]);
    });
    it("hold for each request that a kind stands for: it meets the conditions that made it", () => {
        const value = fc.oneof(
            fc.constantFrom("a", "ab", "b").map((exact) => ({ exact })),
            fc.constantFrom("a", "b").map((prefix) => ({ prefix })),
        );
        const block = fc.record(
            {
                uri: value.map((one) => one as object),
                headers: fc.record({ x: value, y: value }, { requiredKeys: [] }),
            },
            { requiredKeys: [] },
        );
        fc.assert(
            fc.property(fc.array(block, { maxLength: 3 }), fc.array(block, { maxLength: 3 }), (before, after) => {
                const [first, second] = [before, after] as unknown as [Match[], Match[]];
                for (const match of [...first, ...second]) {
                    const met = kindsOf(place, first, second).filter((kind) => judge(match, kind).holds);
                    const possible = kindsOf(place, [match], []).some((kind) => judge(match, kind).holds);
                    assert.equal(met.length > 0, possible, JSON.stringify(match));
                }
            }),
            { numRuns: 200 },
        );
    });
});

describe("who sends requests on purpose", () => {
    const kind = (match: Match): Kind => {
        const all = kindsOf(place, [match], []);
        const own = all.find((one) => describeKind(one) !== "");
        // A condition that everybody meets makes no kind of its own: those without any condition are it.
        return own ?? (all[0] as Kind);
    };
    const object = (type: string, spec: object): Placed =>
        placed(type, { metadata: { name: "edge", namespace: "shop" }, spec } as unknown as Body);
    const optIn = (match: Match, ...objects: (Placed | readonly Placed[])[]): boolean =>
        isOptIn(kind(match), sendersOf([world(service(), ...objects)]));

    it("is whoever sets a header that no client has of itself, also with any value", () => {
        for (const value of [
            { exact: "test" },
            { prefix: "te" },
            { regex: "te.*" },
            {},
            { regex: "*" },
            { regex: ".+" },
        ])
            assert.ok(optIn(header(value)), JSON.stringify(value));
    });
    it("is nobody by a header that clients and proxies send of themselves", () => {
        const names = [
            "user-agent",
            "User-Agent",
            "accept",
            "accept-language",
            "authorization",
            "host",
            ":authority",
            ":method",
            "x-request-id",
            "x-forwarded-for",
            "x-envoy-attempt-count",
            "sec-ch-ua",
            "traceparent",
            "content-type",
        ];
        for (const name of names)
            for (const value of [{ regex: ".*" }, { exact: "x/1" }, {}])
                assert.ok(!optIn(header(value, name)), `${name} ${JSON.stringify(value)}`);
    });
    it("is nobody by a path, a method, a port or a query", () => {
        const matches: Match[] = [
            { uri: { prefix: "/" } },
            { uri: { prefix: "/beta" } },
            { uri: { regex: ".*" } },
            { method: { exact: "GET" } },
            { method: { exact: "OPTIONS" } },
            { port: 80 },
            { queryParams: { v: { exact: "2" } } },
            { authority: { prefix: "" } },
            {},
        ];
        for (const match of matches) assert.ok(!optIn(match), JSON.stringify(match));
    });
    it("is whoever has a cookie of a name that is asked for", () => {
        for (const value of [{ regex: "^(.*?;)?(group=test)(;.*)?$" }, { exact: "group=test" }, { prefix: "group=" }])
            assert.ok(optIn(header(value, "cookie")), JSON.stringify(value));
        for (const value of [{ regex: ".*" }, { regex: ".+" }, {}, { prefix: "" }])
            assert.ok(!optIn(header(value, "cookie")), JSON.stringify(value));
    });
    it("is nobody by a cookie that a route gives away", () => {
        const cookie = header({ regex: "^(.*?;)?(group=test)(;.*)?$" }, "cookie");
        const giving = (verb: string): Placed =>
            object("VirtualService", {
                hosts: ["edge"],
                http: [
                    {
                        route: [
                            {
                                destination: { host: "review" },
                                headers: { response: { [verb]: { "Set-Cookie": "group=test; Path=/" } } },
                            },
                        ],
                    },
                ],
            });
        assert.ok(!optIn(cookie, giving("add")));
        assert.ok(!optIn(cookie, giving("set")));
    });
    it("is nobody by a cookie that keeps users on a pod", () => {
        const cookie = header({ regex: ".*group=.*" }, "cookie");
        const httpCookie = { name: "group", ttl: "0s" };
        const trafficPolicy = { loadBalancer: { consistentHash: { httpCookie } } };
        assert.ok(!optIn(cookie, object("DestinationRule", { host: "review", trafficPolicy })));
        assert.ok(
            !optIn(cookie, object("DestinationRule", { host: "review", subsets: [{ name: "v1", trafficPolicy }] })),
        );
    });
    it("is nobody by a header that an edge gives to requests", () => {
        const giving = (at: "rule" | "destination"): Placed => {
            const headers = { request: { set: { "X-Group": "test" } } };
            const destination = { destination: { host: "review" }, ...(at === "destination" && { headers }) };
            return object("VirtualService", {
                hosts: ["edge"],
                http: [{ route: [destination], ...(at === "rule" && { headers }) }],
            });
        };
        assert.ok(!optIn(header({ exact: "test" }), giving("rule")));
        assert.ok(!optIn(header({ exact: "test" }), giving("destination")));
    });
    it("is a tester's pods, which no Service leads users to", () => {
        assert.ok(optIn({ sourceLabels: { app: "tester" } }));
        assert.ok(optIn({ sourceLabels: { app: "tester" } }, deployment({ name: "tester" })));
    });
    it("is nobody by the labels of pods behind a Service, or by a version", () => {
        assert.ok(!optIn({ sourceLabels: { app: "review" } }));
        assert.ok(!optIn({ sourceLabels: { app: "edge" } }, service({ name: "edge" })));
        assert.ok(!optIn({ sourceLabels: { app: "review", version: "v1" } }));
        assert.ok(!optIn({ sourceLabels: { version: "v1" } }));
        assert.ok(!optIn({ sourceLabels: { "app.kubernetes.io/version": "v1" } }));
    });
    it("is nobody by labels whose pods serve in only one of the worlds", () => {
        const senders = sendersOf([world(service()), world(service({ name: "edge" }))]);
        assert.ok(!isOptIn(kind({ sourceLabels: { app: "edge" } }), senders));
    });
    it("is who meets a header beside a condition that everybody may meet", () => {
        assert.ok(optIn({ ...header({ exact: "test" }), ...path("/a") }));
        assert.ok(!optIn({ headers: { "user-agent": { regex: ".*" } }, ...path("/a") }));
    });
    it("is nobody by a header that may have any value, the empty one too, or be missing altogether", () => {
        const all = kindsOf(place, [{ withoutHeaders: { "x-group": { exact: "old" } } }], []);
        const none = all.find((one) => describeKind(one) === "");
        assert.ok(none && !isOptIn(none, sendersOf([world(service())])));
    });
});
