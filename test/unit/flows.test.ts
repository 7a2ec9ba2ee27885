import * as assert from "node:assert/strict";
import { annotationsFor, type Marks } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { World } from "../../components/traffic/world/world";
import { byHeader, codes, service, told, world } from "../support/worlds";

/** Routes at a gateway that give their requests a header, or none. */
function edge(marks: Marks, group?: string, name = "edge"): Placed {
    const headers = group === undefined ? {} : { headers: { request: { set: { "X-Group": group } } } };
    const spec = {
        hosts: [`${name}.example.com`],
        gateways: ["edge/gw"],
        http: [{ route: [{ destination: { host: "web" }, ...headers }] }],
    };
    const metadata = { name, namespace: "shop", annotations: annotationsFor(marks) };
    return placed("VirtualService", { metadata, spec });
}

/** A chain of the group shop in a namespace: an edge that gives its requests the header x-group, and who follows it. */
function chain(namespace: string, given: string): Placed[] {
    const headers = { request: { set: { "X-Group": given } } };
    const spec = {
        hosts: [`${namespace}.example.com`],
        gateways: ["edge/gw"],
        http: [{ route: [{ destination: { host: "web" }, headers }] }],
    };
    const annotations = annotationsFor({ group: "shop", service: "shop", stable: "v1" });
    const rules = [byHeader("v2"), byHeader("v1", { "x-group": { exact: "none" } })];
    return [
        ...service({ namespace, rules, marks: { group: "shop" } }),
        placed("VirtualService", { metadata: { name: "edge", namespace, annotations }, spec }),
    ];
}

describe("chains of one group in two namespaces", () => {
    const step = (dev: [string, string], prod: [string, string]): string[] =>
        told(
            world(chain("dev", dev[0]), chain("prod", prod[0])),
            world(chain("dev", dev[1]), chain("prod", prod[1])),
        ).filter((line) => line.includes("prod"));

    it("are each decided by the edge of their own", () => {
        assert.deepEqual(step(["none", "test"], ["none", "none"]), []);
        assert.match(step(["none", "none"], ["none", "test"]).join(), /shop in prod: v2 0 → 100/);
    });
    it("follow the edge of the other where they have none", () => {
        const [from, to] = ["none", "test"].map((given) => {
            const services = chain("prod", given).filter(({ name }) => name !== "edge");
            return world(chain("dev", given), services);
        }) as [World, World];
        assert.match(told(from, to).join(), /in prod: v2 0 → 100/);
    });
});

describe("a header that an edge gives to everybody", () => {
    const review = (group?: string): Placed[] => service({ rules: [byHeader("v2")], marks: { group } });
    const step = (marks: Marks, group: string | undefined, ...beside: Placed[]): [World, World] => [
        world(review(group), edge(marks), ...beside),
        world(review(group), edge(marks, "test"), ...beside),
    ];

    it("moves the users of a service of the edge's own group", () => {
        assert.deepEqual(codes(...step({ group: "shop" }, "shop")), ["raise"]);
    });
    it("moves them as well where the edge says nothing of a group, or is another's", () => {
        assert.deepEqual(codes(...step({}, "shop")), ["raise"]);
        assert.deepEqual(codes(...step({ group: "web" }, "shop")), ["raise"]);
        assert.deepEqual(codes(...step({ group: "web" }, undefined)), ["raise"]);
        assert.match(told(...step({}, "shop")).join(), /v1 0|v2 0 → 100/);
    });
    it("is another group's own business where an edge of the service's group gives it, too", () => {
        const own = edge({ group: "shop" }, "none", "own");
        assert.deepEqual(codes(...step({ group: "web" }, "shop", own)), []);
        // One that says nothing of a group may be anybody's.
        assert.deepEqual(codes(...step({}, "shop", own)), ["raise"]);
    });
    it("moves nobody on the way back", () => {
        const [before, after] = step({ group: "web" }, "shop");
        assert.deepEqual(codes(after, before), []);
    });
});
