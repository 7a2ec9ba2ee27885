import * as assert from "node:assert/strict";
import type { Place } from "../../components/traffic/effect/kind";
import { describeKind, kindsOf } from "../../components/traffic/effect/kinds";
import type { Match, StringMatch } from "../../components/traffic/world/istio";
import type { Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { codes, service, type Split, told, world } from "../support/worlds";

const at = (v2: number, more: Split = {}): World => world(service({ weights: { v1: 100 - v2, v2 }, ...more }));
const to = (subset: string, match?: Match): object => ({
    ...(match && { match: [match] }),
    route: [{ destination: { host: "review", subset } }],
});
/** What a rule above all others that leads to v2 is found to be. */
const found = (match: Match, more: Split = {}): string[] =>
    codes(at(0, more), at(0, { ...more, rules: [to("v2", match)] }));
const by = (authority: StringMatch): Match => ({ authority });

describe("a rule by the host that is asked for", () => {
    it("moves the callers in the mesh who write a port behind the name, whichever form it has", () => {
        for (const authority of [
            { exact: "review:80" },
            { exact: "review.shop:80" },
            { exact: "review.shop.svc.cluster.local:80" },
            { prefix: "review:" },
            { regex: "review(:\\d+)" },
            { regex: "review:.*" },
        ])
            assert.deepEqual(found(by(authority)), ["raise"], JSON.stringify(authority));
    });
    it("moves nobody where no form of the Service's name is asked for", () => {
        for (const authority of [{ exact: "other" }, { exact: "review:81" }, { prefix: "web." }])
            assert.deepEqual(found(by(authority)), [], JSON.stringify(authority));
    });
    it("moves whoever asks for any host where the Service's port takes all: nobody has said that it is HTTP", () => {
        assert.deepEqual(found(by({ exact: "www.example.com" }), { ports: [{ name: "web", port: 80 }] }), ["raise"]);
    });
    it("moves a gateway's users who write a port, which is the one of whatever stands before it", () => {
        const gateway = { hosts: ["shop.example.com"], gateways: ["edge/gw"] };
        for (const authority of [
            { exact: "shop.example.com:8443" },
            { regex: ".*:8443" },
            { exact: "shop.example.com" },
        ])
            assert.deepEqual(found(by(authority), gateway), ["raise"], JSON.stringify(authority));
        for (const authority of [{ exact: "www.example.com" }, { exact: "www.example.com:8443" }])
            assert.deepEqual(found(by(authority), gateway), [], JSON.stringify(authority));
    });
    it("moves those of a wildcard who ask for a host within it, and nobody who asks for another", () => {
        for (const hosts of [["*"], ["*.example.com"]])
            for (const match of [
                by({ exact: "shop.example.com" }),
                by({ exact: "shop.example.com:8443" }),
                by({ prefix: "shop." }),
                by({ regex: "shop\\.example\\.com.*" }),
                { headers: { ":authority": { exact: "shop.example.com" } } },
                { headers: { host: { exact: "shop.example.com" } } },
            ])
                assert.deepEqual(found(match, { hosts, gateways: ["edge/gw"] }), ["raise"], JSON.stringify(match));
        const within = { hosts: ["*.example.com"], gateways: ["edge/gw"] };
        assert.deepEqual(found(by({ exact: "shop.example.org" }), within), []);
    });
    it("is told in words with its findings", () => {
        const [first] = told(at(0), at(0, { rules: [to("v2", by({ exact: "review:80" }))] }));
        assert.match(first ?? "", /host review:80/);
    });
    it("makes no more kinds than it tells apart", () => {
        const place: Place = { host: "review.shop.svc.cluster.local", entry: "mesh", protocol: "http" };
        const kinds = kindsOf(place, [by({ exact: "review:80" })], [], { ports: [80, 81] });
        assert.deepEqual(kinds.map(describeKind).sort(), ["", "host review:80"]);
    });
});

describe("a rule by the name that a TLS client asks for", () => {
    const tls = (hosts: string[], sniHosts: string[], subset: string): World => ({
        ...at(0),
        objects: at(0, { hosts, gateways: ["edge/gw"] }).objects.map((one): Placed => {
            if (one.kind !== "VirtualService") return one;
            const { http: _, ...spec } = one.body.spec as Body;
            const rules = [{ ...to(subset), match: [{ port: 443, sniHosts }] }] as unknown as Body[];
            return { ...one, body: { ...one.body, spec: { ...spec, tls: rules } } };
        }),
    });
    const moved = (hosts: string[], sniHosts: string[]): string[] =>
        codes(tls(hosts, sniHosts, "v1"), tls(hosts, sniHosts, "v2"));

    it("moves those who ask for one within the wildcard that is served", () => {
        assert.deepEqual(moved(["*.example.com"], ["shop.example.com"]), ["raise"]);
        assert.deepEqual(moved(["*.example.com"], ["*.example.com"]), ["raise"]);
        assert.deepEqual(moved(["a.example.com", "*.b.com"], ["x.b.com"]), ["raise"]);
        assert.deepEqual(moved(["shop.example.com"], ["*.example.com"]), ["raise"]);
    });
    it("moves those of each of its names", () => {
        const before = tls(["*.example.com"], ["a.example.com", "b.example.com"], "v1");
        const after = {
            ...before,
            objects: before.objects.map((one): Placed => {
                if (one.kind !== "VirtualService") return one;
                const rules = [
                    { ...to("v1"), match: [{ port: 443, sniHosts: ["a.example.com"] }] },
                    { ...to("v2"), match: [{ port: 443, sniHosts: ["b.example.com"] }] },
                ] as unknown as Body[];
                return { ...one, body: { ...one.body, spec: { ...(one.body.spec as Body), tls: rules } } };
            }),
        };
        assert.deepEqual(codes(before, after), ["raise"]);
        assert.match(told(before, after).join(), /TLS name b\.example\.com/);
    });
});
