import * as assert from "node:assert/strict";
import { codes, service, world } from "../support/worlds";

const two = (v2: number, hosts: readonly string[]) =>
    world(service({ weights: { v1: 100 - v2, v2 }, hosts, gateways: ["mesh", "edge"], marks: { service: "" } }));

describe("raises that are added up", () => {
    it("are one where one VirtualService decides for several hosts", () => {
        const hosts = ["review", "shop.example.com"];
        assert.deepEqual(codes(two(0, hosts), two(25, hosts)), []);
        assert.deepEqual(codes(two(0, hosts), two(26, hosts)), ["raise"]);
    });
    it("are several where several VirtualServices decide", () => {
        const both = (v2: number) =>
            world(
                service({ weights: { v1: 100 - v2, v2 } }),
                service({ name: "product", weights: { v1: 100 - v2, v2 } }),
            );
        assert.deepEqual(codes(both(0), both(20)), ["together"]);
    });
});
