import * as assert from "node:assert/strict";
import * as sdk from "@pulumi/policy/deserialize";
import * as fc from "fast-check";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { readOnce } from "../../policies/readOnce";

/** As the SDK reads a resource's fields for a policy; its types keep that to themselves. */
const { deserializeProperties } = sdk as unknown as {
    deserializeProperties(message: Struct, proxySecrets: boolean): Record<string, unknown>;
};

describe("a message that is read once for all policies", () => {
    const asItWas = Struct.prototype.toJavaScript;
    before(readOnce);
    after(() => {
        Struct.prototype.toJavaScript = asItWas;
    });

    it("gives each policy the same fields, and its own copy of them", () => {
        fc.assert(
            fc.property(fc.dictionary(fc.string(), fc.jsonValue({ depthSize: "small" })), (fields) => {
                const message = Struct.fromJavaScript(fields as Record<string, JavaScriptValue>);
                const expected = asItWas.call(message);
                const first = deserializeProperties(message, false);
                assert.deepEqual(first, expected);
                for (const value of Object.values(first)) if (Array.isArray(value)) value.push("changed by a policy");
                assert.deepEqual(deserializeProperties(message, false), expected);
            }),
        );
    });
    it("is not read a second time", () => {
        const message = Struct.fromJavaScript({ a: { b: [1, 2] } });
        assert.equal(message.toJavaScript(), message.toJavaScript());
    });
});
