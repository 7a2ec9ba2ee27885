import * as assert from "node:assert/strict";
import { selfSigned } from "../../components/mesh/certificate";
import { call, edgeOf } from "../../systems/play/edge";
import type { StackOutputs } from "../../systems/play/outputs";

describe("how a system of a stack is reached", () => {
    const outputs = (more: object): StackOutputs => ({
        ...{ urls: { shop: "https://minikube.me", stages: "http://stages.test" }, certificates: {}, weights: {} },
        ...{ canaryHeaders: {}, details: {}, kubeconfig: "", context: "" },
        ...more,
    });

    it("is told of one that does not run, with what brings it beside those that do", () => {
        assert.throws(
            () => edgeOf(outputs({}), "tiers"),
            /runs no tiers; it runs shop, stages\.\n {2}fix: pulumi config set system shop,stages,tiers && pulumi up$/,
        );
    });
    it("is told where nobody knows the gateway's address, with the key that has it", () => {
        assert.throws(() => edgeOf(outputs({}), "shop"), /fix: pulumi config set --path gateway\.address HOST:PORT/);
        assert.throws(
            () => edgeOf(outputs({}), "stages"),
            /fix: pulumi config set --path gateway\.httpAddress HOST:PORT/,
        );
    });
});

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
