import * as assert from "node:assert/strict";
import { timeoutOfRule } from "../../components/traffic/effect/outcome";
import type { Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import type { World } from "../../components/traffic/world/world";
import { codes, service, type Split, world } from "../support/worlds";

const at = (v2: number, more: Split = {}): World => world(service({ weights: { v1: 100 - v2, v2 }, ...more }));
const ruled = (weighted: object, v2 = 0): World => at(v2, { weighted });
const delay = (fixedDelay: string, share: object): object => ({ fault: { delay: { fixedDelay, ...share } } });
const all = { percentage: { value: 100 } };

describe("a rule that fails its users", () => {
    it("lets a try take less than an answer needs", () => {
        const tried = (attempts: number, perTryTimeout: string): object => ({ retries: { attempts, perTryTimeout } });
        assert.deepEqual(codes(at(0), ruled(tried(2, "1ms"))), ["fails"]);
        assert.deepEqual(codes(at(0), ruled({ timeout: "5s", ...tried(2, "1ms") })), ["fails"]);
        assert.deepEqual(codes(at(0), ruled(tried(2, "2s"))), []);
        // Without tries there is none to limit.
        assert.deepEqual(codes(at(0), ruled(tried(0, "1ms"))), []);
        assert.deepEqual(codes(ruled(tried(2, "1ms"), 60), ruled(tried(2, "1ms"))), []);
    });
    it("has the shorter of its limits, and none where Istio takes 0 for none", () => {
        assert.equal(timeoutOfRule({ timeout: "5s", retries: { attempts: 2, perTryTimeout: "2s" } }), "2s");
        assert.equal(timeoutOfRule({ timeout: "1s", retries: { attempts: 2, perTryTimeout: "2s" } }), "1s");
        assert.equal(timeoutOfRule({ timeout: "0s", retries: { attempts: 2, perTryTimeout: "0s" } }), undefined);
        assert.deepEqual(codes(at(0), ruled({ timeout: "0s" })), []);
        assert.deepEqual(codes(at(0), ruled({ timeout: "0s", ...delay("2s", all) })), []);
    });
    it("delays for longer than anybody waits", () => {
        assert.deepEqual(codes(at(0), ruled(delay("3600s", all))), ["fails"]);
        assert.deepEqual(codes(at(0), ruled(delay("3600s", { percentage: { value: 10 } }))), []);
        assert.deepEqual(codes(at(0), ruled(delay("5s", all))), []);
    });
    it("delays beyond its timeout also by the old form of a percentage", () => {
        const timeout = { timeout: "5s" };
        assert.deepEqual(codes(ruled(timeout), ruled({ ...timeout, ...delay("6s", { percent: 100 }) })), ["fails"]);
        const both = { percent: 100, percentage: { value: 10 } };
        assert.deepEqual(codes(ruled(timeout), ruled({ ...timeout, ...delay("6s", both) })), []);
    });
    it("leads elsewhere than before", () => {
        const led = (redirect: object): World => at(0, { rules: [{ match: [{ uri: { prefix: "/a" } }], redirect }] });
        assert.deepEqual(codes(led({ authority: "a.com" }), led({ authority: "b.com" })), ["fails"]);
        assert.deepEqual(codes(led({ uri: "/b", authority: "a.com" }), led({ authority: "a.com", uri: "/b" })), []);
        const answered = (string: string): World =>
            at(0, {
                rules: [{ match: [{ uri: { prefix: "/a" } }], directResponse: { status: 200, body: { string } } }],
            });
        // Another text is the same answer.
        assert.deepEqual(codes(answered("a"), answered("b")), []);
    });
});

describe("a tcp rule for some addresses", () => {
    const tcp = (...rules: object[]): World => ({
        ...at(0),
        objects: at(0, { ports: [{ name: "tcp", port: 9000 }] }).objects.map((one): Placed => {
            if (one.kind !== "VirtualService") return one;
            const { http: _, ...spec } = one.body.spec as Body;
            return { ...one, body: { ...one.body, spec: { ...spec, tcp: rules as unknown as Body[] } } };
        }),
    });
    const to = (subset: string, subnet?: string): object => ({
        ...(subnet && { match: [{ destinationSubnets: [subnet] }] }),
        route: [{ destination: { host: "review", subset } }],
    });

    it("leaves the rule below it to all others", () => {
        const some = to("v1", "10.0.0.1/32");
        assert.deepEqual(codes(tcp(some, to("v1")), tcp(some, to("v2"))), ["raise"]);
    });
    it("moves those whom it is for", () => {
        assert.deepEqual(codes(tcp(to("v1")), tcp(to("v2", "10.0.0.1/32"), to("v1"))), ["raise"]);
        assert.deepEqual(codes(tcp(to("v2", "10.0.0.1/32"), to("v1")), tcp(to("v1"))), []);
    });
});

describe("a field that is null", () => {
    it("is not there, and keeps nobody from the way back", () => {
        const nothing = { fault: null, headers: null, redirect: null, rewrite: null, timeout: null, match: null };
        assert.deepEqual(codes(ruled(nothing, 60), ruled({})), []);
        assert.deepEqual(codes(ruled({}, 60), ruled(nothing)), []);
        const block = { headers: null, withoutHeaders: null, uri: { prefix: "/a" }, sourceLabels: null };
        const rule = { match: [block], route: [{ destination: { host: "review", subset: "v1" }, headers: null }] };
        assert.deepEqual(codes(at(60, { rules: [rule] }), at(0)), []);
        assert.deepEqual(codes(at(0), at(90, { rules: [rule] })), ["raise"]);
    });
    it("is no other code in a pod's template", () => {
        const withNull = {
            ...at(0),
            objects: at(0).objects.map((one): Placed => {
                if (one.kind !== "Deployment") return one;
                const spec = one.body.spec as { template: { spec: Body } & Body } & Body;
                const template = { ...spec.template, spec: { ...spec.template.spec, nodeSelector: null } };
                return { ...one, body: { ...one.body, spec: { ...spec, template } } };
            }),
        };
        assert.deepEqual(codes(at(0), withNull), []);
    });
});
