import * as assert from "node:assert/strict";
import { decide } from "../../components/traffic/effect/decide";
import type { Place } from "../../components/traffic/effect/kind";
import { describeKind, kindsOf } from "../../components/traffic/effect/kinds";
import type { Match } from "../../components/traffic/world/istio";
import type { World } from "../../components/traffic/world/world";
import { codes, service, world } from "../support/worlds";

const to = (subset: string, ...match: Match[]): object => ({
    match,
    route: [{ destination: { host: "review", subset } }],
});
const ruled = (...rules: object[]): World => world(service({ rules }));
const place: Place = { host: "review.shop.svc.cluster.local", entry: "mesh", protocol: "http" };

describe("requests that have what a rule excludes", () => {
    const anonymous = to("v1", { withoutHeaders: { cookie: {} } });
    const paths = to("v1", { uri: { prefix: "/p" } });
    const posts = to("v2", { method: { exact: "POST" } });

    it("pass by it, and are moved where the rules below it change their order", () => {
        const [before, after] = [ruled(anonymous, paths, posts), ruled(anonymous, posts, paths)];
        const request = { host: "review", path: "/p/1", method: "POST", headers: { cookie: "s=1" } };
        const served = (of: World) =>
            decide(of, { namespace: "shop", labels: {} }, request).rule?.route?.[0]?.destination.subset;
        assert.deepEqual([served(before), served(after)], ["v1", "v2"]);
        assert.deepEqual(codes(before, after), ["raise"]);
        assert.deepEqual(codes(after, before), []);
    });
    it("pass by several such rules at once", () => {
        const others = to("v1", { withoutHeaders: { origin: {} } }, { withoutHeaders: { referer: {} } });
        assert.deepEqual(codes(ruled(anonymous, others, paths, posts), ruled(anonymous, others, posts, paths)), [
            "raise",
        ]);
    });
    it("have it of some rules and not of others, where those who have all of it are taken by a rule above", () => {
        const [origin, referer, tracked] = ["origin", "referer", "dnt"].map((name): Match => ({
            withoutHeaders: { [name]: {} },
        })) as [Match, Match, Match];
        const asking = to("v1", { headers: { dnt: {} } });
        const step = (...order: object[]): World =>
            ruled(to("v1", origin), to("v1", referer), asking, ...order, to("v1", tracked));
        assert.deepEqual(codes(step(paths, posts), step(posts, paths)), ["raise"]);
    });
    it("are nobody where the rules that they meet exclude it, too", () => {
        const kinds = kindsOf(place, [{ uri: { prefix: "/p" }, withoutHeaders: { cookie: {} } }], []);
        assert.deepEqual(kinds.map(describeKind).sort(), ["", "cookie: any value", "path /p…"]);
    });
    it("are told apart without a product of all that rules exclude", () => {
        const many = Array.from({ length: 8 }, (_, n): Match => ({ withoutHeaders: { [`x-${n}`]: {} } }));
        assert.ok(kindsOf(place, many, many).length <= 9 * 9 * (2 * 8 + 2));
    });
});
