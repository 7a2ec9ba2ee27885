import * as assert from "node:assert/strict";
import { effectOf, isSame, shareOf, timeoutOf } from "../../components/traffic/effect/effect";
import type { Kind, Place } from "../../components/traffic/effect/kind";
import { anyRequest } from "../../components/traffic/effect/kinds";
import { placesOf } from "../../components/traffic/effect/places";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { World } from "../../components/traffic/world/world";
import { byHeader, routes, service, type Split, world } from "../support/worlds";

const place: Place = { host: "review.shop.svc.cluster.local", entry: "mesh", protocol: "http" };
const atGateway: Place = { host: "shop.example.com", entry: "shop/gw", protocol: "http" };
const tester: Kind = { ...anyRequest(place), headers: { "x-group": [{ exact: "test" }] } };

const served = (of: World, at: Place = place, kind: Kind = anyRequest(at)): Record<string, number> =>
    Object.fromEntries(effectOf(of, at, kind).map(({ outcome, percent }) => [outcome.name, percent]));
const split = (more: Split): Record<string, number> => served(world(service(more)));
const weighted = (rule: object): Record<string, number> => split({ weights: { v1: 80, v2: 20 }, weighted: rule });
const fails = (of: World, at: Place = place): (string | undefined)[] =>
    effectOf(of, at, anyRequest(at)).map(({ outcome }) => outcome.fails);
const without = (objects: readonly Placed[], kind: string): Placed[] => objects.filter((one) => one.kind !== kind);

describe("who is served by what", () => {
    it("is what the weights say, in their proportion and not by their sum", () => {
        assert.deepEqual(split({ weights: { v1: 80, v2: 20 } }), { v1: 80, v2: 20 });
        assert.deepEqual(split({ weights: { v1: 1, v2: 3 } }), { v1: 25, v2: 75 });
        assert.deepEqual(split({ weights: { v1: 0, v2: 1 } }), { v2: 100 });
    });
    it("is all of a single destination, whatever its weight", () => {
        assert.deepEqual(split({ weights: { v2: 0 } }), { v2: 100 });
    });
    it("is nobody where a rule's destinations have no weight at all", () => {
        assert.deepEqual(split({ weights: { v1: 0, v2: 0 } }), { "the rule leads nowhere: 503": 100 });
    });
    it("counts a version once that is listed twice", () => {
        const destination = { host: "review", subset: "v1" };
        assert.deepEqual(
            weighted({
                route: [
                    { destination, weight: 30 },
                    { destination: { host: "review", subset: "v2" }, weight: 40 },
                    { destination, weight: 30 },
                ],
            }),
            { v1: 60, v2: 40 },
        );
    });
    it("goes by the rule that takes the kind", () => {
        const of = world(service({ rules: [byHeader("v2")] }));
        assert.deepEqual(served(of, place, tester), { v2: 100 });
        assert.deepEqual(served(of), { v1: 100 });
    });
    it("is who has ready pods where no routes say anything, each by their number", () => {
        assert.deepEqual(split({ isUnrouted: true, versions: ["v1", "v2"], pods: { v1: 3, v2: 1 } }), {
            v1: 75,
            v2: 25,
        });
        assert.deepEqual(
            split({ isUnrouted: true, versions: ["v1", "v2"], pods: { v1: 3, v2: 3 }, ready: { v1: 3, v2: 1 } }),
            { v1: 75, v2: 25 },
        );
        assert.deepEqual(split({ isUnrouted: true, versions: ["v1", "v2"], pods: { v1: 3, v2: 0 } }), { v1: 100 });
    });
    it("is who has ready pods, too, behind a destination without a subset", () => {
        const of = world(
            service({ pods: { v1: 1, v2: 3 }, weighted: { route: [{ destination: { host: "review" } }] } }),
        );
        assert.deepEqual(
            effectOf(of, place, anyRequest(place)).map(({ outcome, percent }) => [outcome.pods?.workload, percent]),
            [
                ["shop/review-v1", 25],
                ["shop/review-v2", 75],
            ],
        );
    });
    it("is nobody where no rule takes the request", () => {
        assert.deepEqual(weighted({ match: [{ uri: { exact: "/only" } }] }), { "404: no rule matches": 100 });
    });
    it("is nobody at a gateway without routes, and where there is no Service", () => {
        const of = world(service());
        assert.deepEqual(served(of, atGateway), { "404: the gateway has no route for shop.example.com": 100 });
        assert.deepEqual(fails(of, atGateway), ["absent"]);
        assert.deepEqual(fails(world(), place), ["absent"]);
    });
});

describe("what no version answers", () => {
    const fault = (abort: object): object => ({ fault: { abort: { httpStatus: 500, ...abort } } });
    it("is a fault's share, of all versions alike", () => {
        assert.deepEqual(weighted(fault({ percentage: { value: 50 } })), { "fault 500": 50, v1: 40, v2: 10 });
        assert.deepEqual(weighted(fault({ percentage: { value: 100 } })), { "fault 500": 100 });
    });
    it("is nothing of a fault without a percentage, as Istio reads it", () => {
        assert.deepEqual(weighted(fault({})), { v1: 80, v2: 20 });
        assert.deepEqual(weighted({ timeout: "1s", fault: { delay: { fixedDelay: "5s" } } }), { v1: 80, v2: 20 });
    });
    it("is a delay beyond the rule's own timeout, and none within it", () => {
        const delay = (fixedDelay: string): object => ({
            timeout: "1s",
            fault: { delay: { percentage: { value: 50 }, fixedDelay } },
        });
        assert.deepEqual(weighted(delay("2s")), { "timeout 504": 50, v1: 40, v2: 10 });
        assert.deepEqual(weighted(delay("500ms")), { v1: 80, v2: 20 });
    });
    it("is a redirect, and an answer of the proxy itself", () => {
        assert.deepEqual(weighted({ route: undefined, redirect: { uri: "/new" } }), { "redirect 301": 100 });
        assert.deepEqual(weighted({ route: undefined, redirect: { redirectCode: 308 } }), { "redirect 308": 100 });
        assert.deepEqual(weighted({ route: undefined, directResponse: { status: 503 } }), {
            "answer 503 of the proxy": 100,
        });
    });
    it("is a subset that no DestinationRule has, where all of them are known", () => {
        const objects = without(service({ weights: { v1: 80, v2: 20 } }), "DestinationRule");
        const of = world(objects);
        assert.deepEqual(served(of), { "v1 (no such subset)": 80, "v2 (no such subset)": 20 });
        assert.deepEqual(fails(of), ["answered", "answered"]);
    });
    it("is not a subset that may be named where nobody can look", () => {
        const objects = without(service({ weights: { v1: 80, v2: 20 } }), "DestinationRule");
        const of: World = { objects, isWhole: false };
        assert.deepEqual(served(of), { v1: 80, v2: 20 });
        assert.deepEqual(fails(of), [undefined, undefined]);
    });
    it("is the timeout that the rule which takes the kind has", () => {
        const of = world(service({ rules: [{ ...byHeader("v2"), timeout: "2s" }] }));
        assert.equal(timeoutOf(of, place, tester), "2s");
        assert.equal(timeoutOf(of, place, anyRequest(place)), undefined);
    });
});

describe("whether two outcomes are the same", () => {
    const outcomeOf = (more: Split) => {
        const [share] = effectOf(world(service({ weights: { v1: 100 }, ...more })), place, anyRequest(place));
        assert.ok(share);
        return share.outcome;
    };
    it("is said by the pods and their template, not by the subset's name or the number of pods", () => {
        assert.ok(isSame(outcomeOf({}), outcomeOf({ pods: { v1: 9 } })));
        assert.ok(!isSame(outcomeOf({}), outcomeOf({ images: { v1: "review:new" } })));
        const renamed = world(
            service({ weights: { v1: 100 }, weighted: { route: [{ destination: { host: "review" } }] } }),
        );
        assert.equal(shareOf(effectOf(renamed, place, anyRequest(place)), outcomeOf({})), 100);
    });
});

describe("what a route gives its requests", () => {
    const given = (rule: object): object[] =>
        effectOf(world(service({ weights: { v1: 50, v2: 50 }, weighted: rule })), place, anyRequest(place)).map(
            ({ outcome }) => outcome.given,
        );
    const to = (subset: string, set: object): object => ({
        destination: { host: "review", subset },
        weight: 50,
        headers: { request: { set } },
    });
    it("is what each destination sets", () => {
        assert.deepEqual(given({ route: [to("v1", { "X-Chain": "v1" }), to("v2", { "X-Chain": "v2" })] }), [
            { "x-chain": "v1" },
            { "x-chain": "v2" },
        ]);
    });
    it("is what the rule sets where both do and the destinations are several, as Envoy has it", () => {
        const headers = { request: { set: { "x-chain": "all" } } };
        assert.deepEqual(given({ headers, route: [to("v1", { "x-chain": "v1" }), to("v2", { "x-chain": "v2" })] }), [
            { "x-chain": "all" },
            { "x-chain": "all" },
        ]);
    });
});

describe("places where somebody is served", () => {
    const names = (of: World): string[] =>
        placesOf([of])
            .map(({ host, entry, protocol, from }) => [host, entry, protocol, from].filter(Boolean).join(" "))
            .sort();
    const host = "review.shop.svc.cluster.local";

    it("are each host at each gateway, and each Service in the mesh", () => {
        const at = routes({ hosts: ["shop.example.com", "www.example.com"], gateways: ["gw", "mesh"] });
        assert.deepEqual(names(world(at)), [
            "shop.example.com mesh http",
            "shop.example.com shop/gw http",
            "www.example.com mesh http",
            "www.example.com shop/gw http",
        ]);
        assert.deepEqual(names(world(service({ isUnrouted: true }))), [`${host} mesh http`]);
    });
    it("are those of the Service's ports: HTTP rules have no effect at a port of another protocol", () => {
        assert.deepEqual(names(world(service({ ports: [{ name: "tcp-web", port: 80 }] }))), [`${host} mesh tcp`]);
    });
    it("are of each namespace that routes are for, and of all others", () => {
        assert.deepEqual(names(world(service({ exportTo: ["."] }))), [`${host} mesh http *`, `${host} mesh http shop`]);
        const of = world(service({ exportTo: ["."], weights: { v1: 0, v2: 100 }, versions: ["v1", "v2"] }));
        const from = (namespace: string) => served(of, { ...place, from: namespace });
        assert.deepEqual(from("shop"), { v2: 100 });
        assert.deepEqual(from("*"), { v1: 50, v2: 50 });
    });
    it("are decided at a gateway by an owner that is told, also where rules are merged", () => {
        const one = routes({ hosts: ["shop.example.com"], gateways: ["gw"], weights: { v1: 100 } });
        const two = placed("VirtualService", {
            metadata: { name: "other", namespace: "shop" },
            spec: {
                hosts: ["shop.example.com"],
                gateways: ["shop/gw"],
                http: [
                    {
                        match: [{ headers: { a: { exact: "b" } } }, { uri: { prefix: "/" } }],
                        route: [{ destination: { host: "review", subset: "v2" } }],
                    },
                ],
            },
        });
        const of = world(service({ isUnrouted: true, versions: ["v1", "v2"] }), one, two);
        const kind: Kind = { ...anyRequest(atGateway), headers: { a: [{ exact: "b" }] } };
        assert.equal(Object.values(served(of, atGateway))[0], 100);
        assert.deepEqual(Object.keys(served(of, atGateway, kind)), ["v2"]);
    });
});
