import * as assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as path from "node:path";
import * as fc from "fast-check";
import { type JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { projectRoot } from "../../cluster/paths";
import { bytesFrom, plainFrom } from "../../plugins/structs";

type Fields = Record<string, JavaScriptValue>;

/** Whatever a Struct can hold. `__proto__` is left out: the class makes it the object's prototype. */
const fields = fc
    .dictionary(
        fc.string().filter((key) => key !== "__proto__"),
        fc
            .jsonValue()
            .map((value) => JSON.parse(JSON.stringify(value).replaceAll("__proto__", "proto")) as JavaScriptValue),
    )
    .map((all): Fields => ({ ...all }));

describe("Structs between their bytes and plain values", () => {
    it("say what their class says, both ways", () =>
        fc.assert(
            fc.property(fields, (plain) => {
                assert.deepEqual(plainFrom(Struct.fromJavaScript(plain).serializeBinary()), plain);
                assert.deepEqual(Struct.deserializeBinary(bytesFrom(plain)).toJavaScript(), plain);
            }),
        ));
    it("have their fields in the order of their names, as those of the class", () => {
        const read = plainFrom(bytesFrom({ b: 1, a: { d: 1, c: 2 } }));
        assert.equal(JSON.stringify(read), `{"a":{"c":2,"d":1},"b":1}`);
    });
    it("may have a field called __proto__", () => {
        const read = plainFrom(bytesFrom(JSON.parse(`{"__proto__": {"x": 1}}`) as Fields));
        assert.deepEqual(Object.keys(read), ["__proto__"]);
        assert.equal((read as { x?: number }).x, undefined);
    });
    it("keep of a field that they do not know nothing but what stands beside it", () => {
        const later = Buffer.from("2a0378797a", "hex");
        assert.deepEqual(plainFrom(Buffer.concat([later, bytesFrom({ a: 1 })])), { a: 1 });
    });
    it("can't be made of a value that JSON has no word for", () =>
        assert.throws(() => bytesFrom({ a: () => 1 }), /can't have a value that is function/));

    // In a process of its own: it changes the class.
    it("go in messages as those of the class do, through a plugin as they came, and have fields that can be read and set", () => {
        const program = path.join(projectRoot(), "test/support/structsInMessages.ts");
        const printed = execFileSync(process.execPath, ["--import", "tsx", program], { encoding: "utf8" });
        const { ofClass, plain, passedOn, read, fields, changed, changedClass } = JSON.parse(printed) as Record<
            string,
            unknown
        >;
        assert.equal(plain, ofClass);
        assert.equal(passedOn, ofClass);
        assert.deepEqual(read, [{}, { a: [1, { b: "c" }], d: null }]);
        const set = ["c", { a: [1, { b: "c" }], d: null, e: true }];
        assert.deepEqual(fields, [set, set]);
        assert.equal(changed, changedClass);
    });
});
