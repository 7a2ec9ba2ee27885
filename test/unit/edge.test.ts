import * as assert from "node:assert/strict";
import { selfSigned } from "../../components/mesh/certificate";
import { call } from "../../systems/play/edge";

describe("a call through the gateway", () => {
    it("says where the gateway should answer when it does not, and how to bring it up", async () => {
        const { public: certificate } = await selfSigned(["shop.test"]);
        // Port 1 is a service of old that nobody runs.
        const calling = call({ scheme: "https", host: "shop.test", address: "127.0.0.1:1", certificate }, "/");
        await assert.rejects(
            calling,
            /does not answer at 127\.0\.0\.1:1: .*ECONNREFUSED[\s\S]*fix: npx upshift cluster up/,
        );
    });
});
