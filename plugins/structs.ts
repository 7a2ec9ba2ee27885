import type { BinaryReader, BinaryWriter } from "google-protobuf";
import type { JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb";
import { Reader, Writer } from "protobufjs/minimal";

/** The class, of which a process may have several copies. */
export type StructClass = typeof Struct;

/**
 * Has a class's Structs go between their bytes and plain values at once. It has an object for each value in between, and to make those
 * was a third of a provider's work, and a fifth of a program's. Who asks a Struct for its fields gets them as ever. What is lost is a
 * Struct in a message that is cloned, which Pulumi's SDK never does.
 */
export function plainStructs(Struct: StructClass): void {
    /** A Struct by what it is on the wire, until somebody has asked for its fields. */
    const bytesOf = new WeakMap<Struct, Uint8Array>();
    /** The class's methods, and its instances', as they are without this. */
    const ofClass = Object.assign({}, Struct);
    const own = Object.create(null, Object.getOwnPropertyDescriptors(Struct.prototype)) as Struct;
    Struct.deserializeBinaryFromReader = (message: Struct, reader: BinaryReader): Struct => {
        const begin = reader.getCursor();
        while (reader.nextField() && !reader.isEndGroup()) reader.skipField();
        bytesOf.set(message, reader.getBuffer().subarray(begin, reader.getCursor()));
        return message;
    };
    Struct.serializeBinaryToWriter = (message: Struct, writer: BinaryWriter): void => {
        const bytes = bytesOf.get(message);
        if (bytes) writer.writeSerializedMessage(bytes, 0, bytes.length);
        else ofClass.serializeBinaryToWriter(message, writer);
    };
    Struct.fromJavaScript = (value): Struct => {
        const message = new Struct();
        bytesOf.set(message, bytesFrom(value));
        return message;
    };
    Struct.prototype.toJavaScript = function (this: Struct) {
        const bytes = bytesOf.get(this);
        return bytes ? plainFrom(bytes) : own.toJavaScript.call(this);
    };
    Struct.prototype.getFieldsMap = function (this: Struct, ...args: []) {
        const bytes = bytesOf.get(this);
        bytesOf.delete(this);
        if (bytes)
            for (const [key, value] of ofClass.fromJavaScript(plainFrom(bytes)).getFieldsMap().entries())
                own.getFieldsMap.call(this).set(key, value);
        return own.getFieldsMap.apply(this, args);
    };
}

/** A plain object as a Struct's bytes. @throws for what JSON has no word for, as the class itself does */
export function bytesFrom(fields: Fields): Uint8Array {
    const writer = Writer.create();
    writeFields(writer, fields);
    return writer.finish();
}

/** What a Struct's bytes say, in the order of the names: on the wire they are in any. @throws where they are no Struct */
export function plainFrom(bytes: Uint8Array): Fields {
    return readFields(Reader.create(bytes), bytes.length);
}

type Fields = Record<string, JavaScriptValue>;

/** Each field begins with its number, and how what follows is to be read (protobuf's encoding): google/protobuf/struct.proto. */
const tag = {
    /** Of a Struct its fields, of a list its values. */
    item: (1 << 3) | 2,
    key: (1 << 3) | 2,
    value: (2 << 3) | 2,
    null: (1 << 3) | 0,
    number: (2 << 3) | 1,
    string: (3 << 3) | 2,
    boolean: (4 << 3) | 0,
    struct: (5 << 3) | 2,
    list: (6 << 3) | 2,
} as const;

function writeFields(writer: Writer, fields: Fields): void {
    for (const [key, value] of Object.entries(fields)) {
        writer.uint32(tag.item).fork().uint32(tag.key).string(key);
        writeValue(writer.uint32(tag.value).fork(), value);
        writer.ldelim().ldelim();
    }
}

function writeValue(writer: Writer, value: JavaScriptValue): void {
    if (value === null) writer.uint32(tag.null).uint32(0);
    else if (typeof value === "number") writer.uint32(tag.number).double(value);
    else if (typeof value === "string") writer.uint32(tag.string).string(value);
    else if (typeof value === "boolean") writer.uint32(tag.boolean).bool(value);
    else if (Array.isArray(value)) {
        writer.uint32(tag.list).fork();
        for (const one of value as JavaScriptValue[]) {
            writeValue(writer.uint32(tag.item).fork(), one);
            writer.ldelim();
        }
        writer.ldelim();
    } else if (typeof value === "object") {
        writeFields(writer.uint32(tag.struct).fork(), value as Fields);
        writer.ldelim();
    } else throw new Error(`A Struct can't have a value that is ${typeof value}.`);
}

function readFields(reader: Reader, end: number): Fields {
    const fields: [string, JavaScriptValue][] = [];
    while (reader.pos < end) {
        const found = reader.uint32();
        if (found === tag.item) fields.push(readEntry(reader, reader.uint32() + reader.pos));
        else reader.skipType(found & 7);
    }
    return Object.fromEntries(fields.sort(([one], [other]) => (one < other ? -1 : 1)));
}

function readEntry(reader: Reader, end: number): [string, JavaScriptValue] {
    const entry: [string, JavaScriptValue] = ["", null];
    while (reader.pos < end) {
        const found = reader.uint32();
        if (found === tag.key) entry[0] = reader.string();
        else if (found === tag.value) entry[1] = readValue(reader, reader.uint32() + reader.pos);
        else reader.skipType(found & 7);
    }
    return entry;
}

function readValue(reader: Reader, end: number): JavaScriptValue {
    let value: JavaScriptValue = null;
    while (reader.pos < end) {
        const found = reader.uint32();
        switch (found) {
            case tag.number:
                value = reader.double();
                break;
            case tag.string:
                value = reader.string();
                break;
            case tag.boolean:
                value = reader.bool();
                break;
            case tag.struct:
                value = readFields(reader, reader.uint32() + reader.pos);
                break;
            case tag.list:
                value = readList(reader, reader.uint32() + reader.pos);
                break;
            default:
                value = null;
                reader.skipType(found & 7);
        }
    }
    return value;
}

function readList(reader: Reader, end: number): JavaScriptValue[] {
    const values: JavaScriptValue[] = [];
    while (reader.pos < end) {
        const found = reader.uint32();
        if (found === tag.item) values.push(readValue(reader, reader.uint32() + reader.pos));
        else reader.skipType(found & 7);
    }
    return values;
}
