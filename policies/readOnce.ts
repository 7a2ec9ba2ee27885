import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/**
 * Has a message's fields read once. The SDK reads a resource's fields anew for each policy of a pack, and those of all
 * resources for each policy that looks at the stack: most of what the pack adds to a preview. It copies what it reads, so
 * that one reading serves all.
 */
export function readOnce(): void {
    const known = new WeakMap<Struct, ReturnType<Struct["toJavaScript"]>>();
    const read = Struct.prototype.toJavaScript;
    Struct.prototype.toJavaScript = function (this: Struct) {
        const fields = known.get(this) ?? read.call(this);
        known.set(this, fields);
        return fields;
    };
}
