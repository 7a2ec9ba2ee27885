import * as assert from "node:assert/strict";
import * as deserialize from "@pulumi/policy/deserialize";
import * as fc from "fast-check";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { readOnce } from "../../policies/readOnce";

/** As the SDK reads a resource's fields for a policy; its types keep that to themselves. */
const sdk = deserialize as unknown as { deserializeProperties(message: Struct, proxySecrets: boolean): object };

describe("a message that is read once for all policies", () => {
    const { deserializeProperties: asItWas } = sdk;
    const read = (message: Struct, forRemedies = false): object => sdk.deserializeProperties(message, forRemedies);
    let undo = (): void => undefined;
    before(() => (undo = readOnce()));
    after(() => undo());

    it("has the fields that the SDK reads", () => {
        fc.assert(
            fc.property(fc.dictionary(fc.string(), fc.jsonValue({ depthSize: "small" })), (fields) => {
                const message = Struct.fromJavaScript(fields);
                assert.deepEqual(read(message), asItWas(message, false));
            }),
        );
    });
    it("is not read a second time", () => {
        const message = Struct.fromJavaScript({ a: { b: [1, 2] } });
        assert.equal(read(message), read(message));
    });
    it("is read anew for a remedy, which may change it", () => {
        const message = Struct.fromJavaScript({ a: { b: [1, 2] } });
        assert.notEqual(read(message, true), read(message, true));
    });
});
