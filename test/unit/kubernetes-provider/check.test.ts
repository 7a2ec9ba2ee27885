import * as assert from "node:assert/strict";
import { check, type CheckOptions } from "../../../plugins/kubernetes/check";
import { Secret, unknown, type Properties } from "../../../plugins/kubernetes/values";

describe("checking inputs", () => {
    const options: CheckOptions = {
        name: "web",
        randomSeed: Buffer.from("seed"),
        isPatch: false,
        isNamespaced: async () => true,
    };
    const map = (metadata?: Properties): Properties => ({
        apiVersion: "v1",
        kind: "ConfigMap",
        ...(metadata && { metadata }),
    });

    it("names what has no name, and says that it did", async () => {
        const { metadata } = (await check(map(), {}, options)) as { metadata: { name: string; annotations: unknown } };
        assert.match(metadata.name, /^web-[0-9a-f]{8}$/);
        assert.deepEqual(metadata.annotations, { "pulumi.com/autonamed": "true" });
    });

    it("keeps a name that it made before, and does not make one up where the user took theirs away", async () => {
        const before = await check(map(), {}, options);
        assert.deepEqual(await check(map(), before, { ...options, randomSeed: Buffer.from("another") }), before);
        assert.deepEqual(
            await check(map({ labels: { a: "b" } }), map({ name: "theirs" }), options),
            map({ labels: { a: "b" } }),
        );
    });

    it("leaves a name that is given or only known later", async () => {
        for (const name of ["mine", unknown]) assert.deepEqual(await check(map({ name }), {}, options), map({ name }));
    });

    it("refuses, before anything is made, a readiness that can't be waited for; not where nobody waits", async () => {
        const waiting = (waitFor: string, skipAwait = "false"): Promise<Properties> =>
            check(
                map({ name: "x", annotations: { "pulumi.com/waitFor": waitFor, "pulumi.com/skipAwait": skipAwait } }),
                {},
                options,
            );
        for (const waitFor of ["Ready", '["condition=Ready"', "[]", "[1]", '["Ready"]'])
            await assert.rejects(waiting(waitFor), /pulumi\.com\/waitFor: .* is neither condition=/, waitFor);
        await waiting('["condition=Ready", "jsonpath={.data.a}"]');
        await waiting("Ready", "true");
    });

    it("follows the engine's own naming", async () => {
        const proposed = await check(map(), {}, { ...options, autonaming: { disabled: false, proposed: "proposed" } });
        assert.equal((proposed.metadata as Properties).name, "proposed");
        const disabled = check(map(), {}, { ...options, autonaming: { disabled: true, proposed: "" } });
        await assert.rejects(disabled, /set metadata\.name/);
    });

    it("puts what names no namespace into the provider's, unless it belongs to none", async () => {
        const named = map({ name: "a" });
        assert.deepEqual(
            await check(named, {}, { ...options, defaultNamespace: "shop" }),
            map({ name: "a", namespace: "shop" }),
        );
        const global: CheckOptions = { ...options, defaultNamespace: "shop", isNamespaced: async () => false };
        assert.deepEqual(await check(named, {}, global), named);
        const open = map({ name: "a", namespace: unknown });
        assert.deepEqual(await check(open, {}, { ...options, defaultNamespace: "shop" }), open);
    });

    it("keeps secret what is secret, and all of a Secret's data", async () => {
        const pod = {
            apiVersion: "v1",
            kind: "Pod",
            metadata: { name: "a" },
            spec: { nodeName: new Secret("n"), hostname: "h" },
        };
        assert.deepEqual(await check(pod, {}, options), pod);
        const secret = { apiVersion: "v1", kind: "Secret", metadata: { name: "a" }, stringData: { open: "1" } };
        assert.deepEqual((await check(secret, {}, options)).data, new Secret({ open: "MQ==" }));
    });

    it("refuses lists, patches without a name, and names made by the server", async () => {
        await assert.rejects(
            check({ apiVersion: "v1", kind: "ConfigMapList" }, {}, options),
            /Create the resources in it/,
        );
        await assert.rejects(check(map(), {}, { ...options, isPatch: true }), /the name of the object to patch/);
        await assert.rejects(check(map({ generateName: "a-" }), {}, options), /set metadata\.name/);
    });
});
