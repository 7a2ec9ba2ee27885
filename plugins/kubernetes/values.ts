import { Struct } from "google-protobuf/google/protobuf/struct_pb";

/** A value as JSON knows it, with the engine's two extras: what is secret, and what a preview does not know yet. */
export type Value = null | boolean | number | string | Secret | Unknown | Value[] | Properties;
export interface Properties {
    [key: string]: Value;
}

/** A value that Pulumi must encrypt in the state and hide in the output. */
export class Secret {
    constructor(readonly value: Value) {}
}

/** A value that is known only after the update. */
export class Unknown {
    /** Keeps plain objects from passing for one. */
    readonly isUnknown = true;
}

export const unknown = new Unknown();

const signatureKey = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
/** The engine has a marker for each type of unknown value; which one it is makes no difference here. */
const unknownMarkers = new Set([
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",
    "030794c1-ac77-496b-92df-f27374a8bd58",
    "e48ece36-62e2-4504-bad9-02848725956a",
    "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",
]);
const unknownMarker = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** Reads a message from the engine; absent is empty. */
export function fromStruct(struct: Struct | undefined): Properties {
    return struct ? (unwrap(struct.toJavaScript()) as Properties) : {};
}

/** Writes a message to the engine. `undefined` members are left out. */
export function toStruct(properties: Properties): Struct {
    return Struct.fromJavaScript(wrap(properties) as Parameters<typeof Struct.fromJavaScript>[0]);
}

/** The wire form (signed objects, marker strings) as values of this module. */
export function unwrap(value: Value): Value {
    if (typeof value === "string") return unknownMarkers.has(value) ? unknown : value;
    if (Array.isArray(value)) return value.map(unwrap);
    if (!isObject(value)) return value;
    if (value[signatureKey] === secretSignature) return new Secret(unwrap(value.value ?? null));
    return mapObject(value, unwrap);
}

function wrap(value: Value): Value {
    if (value instanceof Unknown) return unknownMarker;
    if (value instanceof Secret) return { [signatureKey]: secretSignature, value: wrap(value.value) };
    if (Array.isArray(value)) return value.map(wrap);
    return isObject(value) ? mapObject(value, wrap) : value;
}

/** A copy without secret marks. What is unknown stays unknown. */
export function plain<T extends Value>(value: T): T;
export function plain(value: Value): Value {
    if (value instanceof Secret) return plain(value.value);
    if (Array.isArray(value)) return value.map((item) => plain(item));
    return isObject(value) ? mapObject(value, (item) => plain(item)) : value;
}

export function hasSecret(value: Value): boolean {
    return value instanceof Secret || children(value).some(hasSecret);
}

export function hasUnknown(value: Value): boolean {
    if (value instanceof Secret) return hasUnknown(value.value);
    return value instanceof Unknown || children(value).some(hasUnknown);
}

/**
 * Marks in `outs` what was secret in `ins`, as deep as both are objects; beyond that the whole value becomes secret, for an
 * array can come back in another order. `data` and `stringData` of a Secret are always secret.
 */
export function markSecrets(outs: Properties, ins: Properties): Properties {
    if (outs.kind === "Secret")
        return mapObject(outs, (value, key) => (key === "data" || key === "stringData" ? secret(value) : value));
    return mapObject(outs, (out, key) => {
        const input = ins[key];
        if (input === undefined) return out;
        if (isObject(out) && isObject(input)) return markSecrets(out, input);
        return hasSecret(input) ? secret(out) : out;
    });
}

export function secret(value: Value): Secret {
    return value instanceof Secret ? value : new Secret(value);
}

export function isObject(value: Value | undefined): value is Properties {
    return (
        typeof value === "object" &&
        value !== null &&
        !Array.isArray(value) &&
        !(value instanceof Secret) &&
        !(value instanceof Unknown)
    );
}

export function mapObject(object: Properties, change: (value: Value, key: string) => Value): Properties {
    return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}

function children(value: Value): Value[] {
    return Array.isArray(value) ? value : isObject(value) ? Object.values(value) : [];
}
