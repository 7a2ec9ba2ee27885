import * as assert from "node:assert/strict";
import { changesBetween } from "../../components/traffic/effect/changes";
import { partsOf, who } from "../../rollout/plan/who";
import { placed } from "../../components/traffic/world/objects";
import type { World } from "../../components/traffic/world/world";
import { service, world } from "../support/worlds";

/** Whom the rules of a world tell apart, in words, and by the parts by which one kind is a part of another. */
function told(of: World): { words: string[]; parts: string[] } {
    const changes = changesBetween(of, of);
    return {
        words: [...new Set(changes.map((change) => who(change, new Map())))],
        parts: [...new Set(changes.flatMap(partsOf))],
    };
}

describe("who meets something else, in words", () => {
    it("is told by the host that they ask for", () => {
        const rule = {
            match: [{ authority: { exact: "review:8080" } }],
            route: [{ destination: { host: "review", subset: "v2" } }],
        };
        const { words, parts } = told(world(service({ rules: [rule], ports: [{ name: "http", port: 8080 }] })));
        assert.ok(words.includes("requests"), words.join());
        assert.ok(
            words.some((one) => /^requests to host review:8080$/.test(one)),
            words.join(),
        );
        assert.ok(parts.some((one) => one.startsWith("host ")));
    });
    it("is told by the TLS name that they ask for", () => {
        const route = [{ destination: { host: "review", subset: "v1" } }];
        const routes = placed("VirtualService", {
            metadata: { name: "tls", namespace: "shop" },
            spec: {
                hosts: ["*.example.com"],
                gateways: ["edge/gw"],
                tls: [{ match: [{ sniHosts: ["pay.example.com"] }], route }],
            },
        });
        const { words, parts } = told(world(service({}), routes));
        assert.ok(words.includes("requests with TLS name pay.example.com"), words.join());
        assert.ok(parts.includes("TLS name pay.example.com"));
    });
});
