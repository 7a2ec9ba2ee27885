import * as assert from "node:assert/strict";
import type { Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { codes, judged, service, type Split, told, world } from "../support/worlds";

const at = (v2: number, more: Split = {}): World => world(service({ weights: { v1: 100 - v2, v2 }, ...more }));
const ported = (...ports: object[]): Split => ({ ports });
const http = { name: "http", port: 80 };

/** The same with other fields of its Service. */
function withService(of: World, spec: object): World {
    return {
        ...of,
        objects: of.objects.map((one): Placed =>
            one.kind === "Service"
                ? { ...one, body: { ...one.body, spec: { ...(one.body.spec as Body), ...(spec as Body) } } }
                : one,
        ),
    };
}

/** The same with ports of the pods, by version. */
function listening(of: World, ports: Readonly<Record<string, object[]>>): World {
    return {
        ...of,
        objects: of.objects.map((one): Placed => {
            if (one.kind !== "Deployment") return one;
            const { template, ...rest } = one.body.spec as { template: Body } & Body;
            const container = { name: "review", image: "review", ports: ports[one.name] ?? [] } as unknown as Body;
            const spec = { ...rest, template: { ...template, spec: { containers: [container] } } };
            return { ...one, body: { ...one.body, spec } };
        }),
    };
}

describe("a Service that is but another name", () => {
    it("selects nobody, whatever selector it keeps", () => {
        const elsewhere = { type: "ExternalName", externalName: "other.example.com" };
        assert.deepEqual(codes(at(0), withService(at(0), elsewhere)), ["fails"]);
        const unrouted = at(0, { isUnrouted: true });
        assert.ok(codes(unrouted, withService(unrouted, elsewhere)).length > 0);
    });
    it("is answered by whom it names", () => {
        const other = service({ name: "other", weights: { v1: 100 }, isUnrouted: true });
        const unrouted = service({ weights: { v1: 100 }, isUnrouted: true });
        const named = (externalName: string): World =>
            withService(world(unrouted.slice(0, 1)), { type: "ExternalName", externalName });
        const to = (host: string): World => world(named(host).objects, other);
        assert.deepEqual(codes(to("db-1.example.com"), to("db-1.example.com")), []);
        assert.deepEqual(codes(to("db-1.example.com"), to("db-2.example.com")), ["raise"]);
        assert.deepEqual(codes(to("other.shop.svc.cluster.local"), to("other.shop.svc.cluster.local.")), []);
    });
    it("leads all to one or the other, so that its fix is a larger limit, by which it may be made", () => {
        const of = (externalName: string): World =>
            withService(world(service({ name: "mysql", isUnrouted: true }).slice(0, 1)), {
                type: "ExternalName",
                externalName,
            });
        const step = [of("db-1.example.com"), of("db-2.example.com")] as const;
        const { findings } = judged(...step);
        assert.deepEqual(
            findings.map(({ fix }) => fix),
            ["pulumi config set-all --path --plaintext limits.maxRaise=100 --plaintext limits.maxRaiseTogether=100"],
        );
        assert.deepEqual(codes(...step, { maxRaise: 100, maxRaiseTogether: 100 }), []);
    });
});

describe("a port of a Service", () => {
    it("that callers use and that is gone fails for them", () => {
        assert.deepEqual(codes(at(0), at(0, ported({ name: "http", port: 9999 }))), ["fails"]);
        assert.match(told(at(0), at(0, ported({ name: "http", port: 9999 }))).join(), /no port 80 of review/);
        const two = ported(http, { name: "http-admin", port: 81 });
        assert.deepEqual(codes(at(0, two), at(0)), ["fails"]);
    });
    it("may come beside others, and has no users yet", () => {
        assert.deepEqual(codes(at(0), at(20, ported(http, { name: "http-admin", port: 81 }))), []);
        const rule = { match: [{ port: 81 }], route: [{ destination: { host: "review", subset: "v2" } }] };
        assert.deepEqual(codes(at(0), at(0, { ...ported(http, { name: "http-a", port: 81 }), rules: [rule] })), []);
    });
    it("that a rule names and that is not there fails", () => {
        const to = (number: number): object => ({
            route: [{ destination: { host: "review", subset: "v1", port: { number } }, weight: 100 }],
        });
        assert.deepEqual(codes(at(0), at(0, { weighted: to(9999) })), ["fails"]);
        assert.deepEqual(codes(at(0), at(0, { weighted: to(80) })), []);
        assert.deepEqual(codes(at(0, { weighted: to(9999) }), at(0)), []);
    });
    it("that leads to another one of the pods is other code", () => {
        assert.deepEqual(codes(at(0), at(0, ported({ ...http, targetPort: 9999 }))), ["new-code"]);
        assert.deepEqual(
            codes(at(0), at(0, { ...ported({ ...http, targetPort: 9999 }), marks: { inPlace: "v1" } })),
            [],
        );
        // What is not said is the Service's own number.
        assert.deepEqual(codes(at(0), at(0, ported({ ...http, targetPort: 80 }))), []);
    });
    it("may lead elsewhere where one version alone is behind it, as its code may be another", () => {
        const single = (targetPort: number): World =>
            world(service({ weights: { v1: 100 }, isUnrouted: true, ports: [{ ...http, targetPort }] }));
        assert.deepEqual(codes(single(8080), single(9090)), []);
    });
    it("is the same one by its name and by its number", () => {
        const pods = {
            "review-v1": [{ name: "web", containerPort: 3000 }],
            "review-v2": [{ name: "web", containerPort: 3000 }],
        };
        const [byNumber, byName] = [3000, "web"].map((targetPort) =>
            listening(at(0, ported({ ...http, targetPort })), pods),
        ) as [World, World];
        assert.deepEqual(codes(byNumber, byName), []);
        assert.deepEqual(codes(byName, byNumber), []);
        const back = listening(at(60, ported({ ...http, targetPort: 3000 })), pods);
        assert.deepEqual(codes(back, byName), []);
    });
    it("may lead elsewhere for one version while users go back to another", () => {
        const pods = (name: string): Record<string, object[]> => ({
            "review-v1": [{ name: "web", containerPort: 3000 }],
            "review-v2": [{ name, containerPort: 3000 }],
        });
        const led = (v2: number, name: string): World =>
            listening(at(v2, ported({ ...http, targetPort: "web" })), pods(name));
        assert.deepEqual(codes(led(60, "web"), led(0, "old")), []);
        assert.deepEqual(codes(led(60, "old"), led(0, "old")), []);
    });
    it("that only some pods have by its name leads to those alone", () => {
        const pods = {
            "review-v1": [{ name: "web", containerPort: 3000 }],
            "review-v2": [{ name: "new", containerPort: 3000 }],
        };
        const split = { isUnrouted: true, versions: ["v1", "v2"], pods: { v1: 9, v2: 1 } };
        const led = (targetPort: number | string): World =>
            listening(at(0, { ...split, ports: [{ ...http, targetPort }] }), pods);
        assert.ok(codes(led(3000), led("new")).length > 0);
        assert.match(told(led(3000), led("new")).join(), /v2 .*100/);
    });
});
