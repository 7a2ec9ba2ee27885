import * as assert from "node:assert/strict";
import { routesFor } from "../../components/traffic/split/routes";
import type { Weights } from "../../components/traffic/split/weights";
import { annotationsFor } from "../../components/traffic/world/marks";
import { placed, type Placed } from "../../components/traffic/world/objects";
import type { Body } from "../../components/traffic/world/values";
import { codes, service, world } from "../support/worlds";

/** A release that keeps users by a cookie. */
function kept(weights: Weights, edit: (spec: string) => string = (text) => text): Placed[] {
    const spec = routesFor({
        host: "review",
        versions: ["v1", "v2"],
        weights,
        routing: { affinity: { cookie: "upshift" } },
    });
    const annotations = annotationsFor({ service: "review", stable: "v1" });
    const metadata = { name: "review-vs", namespace: "shop", annotations };
    const body = { metadata, spec: JSON.parse(edit(JSON.stringify(spec))) as object };
    return [...service({ isUnrouted: true }), placed("VirtualService", body as unknown as Body)];
}

describe("the judge of a release that keeps its users by a cookie", () => {
    it("lets it begin: nobody has the cookie yet", () => {
        assert.deepEqual(codes(world(kept({ v1: 100, v2: 0 })), world(kept({ v1: 80, v2: 20 }))), []);
    });
    it("lets it go on, and back at once", () => {
        assert.deepEqual(codes(world(kept({ v1: 80, v2: 20 })), world(kept({ v1: 60, v2: 40 }))), []);
        assert.deepEqual(codes(world(kept({ v1: 60, v2: 40 })), world(kept({ v1: 100, v2: 0 }))), []);
    });
    it("lets a release take up keeping its users", () => {
        assert.deepEqual(codes(world(service({ weights: { v1: 80, v2: 20 } })), world(kept({ v1: 80, v2: 20 }))), []);
    });
    it("refuses a cookie that is given to those on the other version: it moves them with their next request", () => {
        const swapped = (text: string): string => text.replaceAll("upshift=v1;", "upshift=v2;");
        assert.deepEqual(codes(world(kept({ v1: 100, v2: 0 })), world(kept({ v1: 80, v2: 20 }, swapped))), ["raise"]);
    });
    it("refuses to call users kept by a condition that any cookie meets, or one of another's", () => {
        const giving = { response: { add: { "Set-Cookie": "upshift=v2" } } };
        const route = [
            { destination: { host: "review", subset: "v1" }, weight: 100 },
            { destination: { host: "review", subset: "v2" }, weight: 0, headers: giving },
        ];
        const led = (regex: string) => {
            const rule = {
                match: [{ headers: { cookie: { regex } } }],
                route: [{ destination: { host: "review", subset: "v2" } }],
            };
            return codes(world(service()), world(service({ rules: [rule], weighted: { route } })));
        };
        for (const regex of [".*", ".*=.*", "session=.*|upshift=v2", "s.*|upshift=v2"])
            assert.ok(led(regex).includes("raise"), regex);
        for (const regex of ["(^|.*;\\s*)upshift=v2(;.*)?", "^(.*?;)?(upshift=v2)(;.*)?$"])
            assert.deepEqual(led(regex), [], regex);
    });
    it("refuses to lead those elsewhere who have it already", () => {
        const swapped = (text: string): string =>
            text.replace("upshift=v1(", "upshift=vx(").replace("upshift=v2(", "upshift=v1(");
        assert.deepEqual(codes(world(kept({ v1: 80, v2: 20 })), world(kept({ v1: 80, v2: 20 }, swapped))), ["raise"]);
    });
});
