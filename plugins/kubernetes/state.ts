import { at, withMember } from "./objects";
import { hasSecret, isObject, markSecrets, plain, secret, type Properties, type Value } from "./values";

/** What the state remembers of an object beside the object itself. */
export interface Bookkeeping {
    /** The field manager that owns what the program sets. */
    fieldManager: string;
    /** The version in which the object was made. */
    initialApiVersion: string;
}

/**
 * The state of a resource: the live object as the API server gave it, the inputs it came from under `__inputs`, and the
 * bookkeeping. What is secret in `from` is secret in it.
 */
export function checkpoint(
    inputs: Properties,
    live: Properties,
    from: Properties,
    { fieldManager, initialApiVersion }: Bookkeeping,
): Properties {
    return {
        ...hideSecrets(rename(live, toUnderscores), from),
        __inputs: hideSecrets(rename(inputs, toUnderscores), from),
        __initialApiVersion: initialApiVersion,
        __fieldManager: fieldManager,
    };
}

/** Takes a state apart: the inputs, and the live object. Secret marks are gone. */
export function parseState(state: Properties): {
    inputs: Properties;
    live: Properties;
    bookkeeping: Partial<Bookkeeping>;
} {
    const { __inputs, __initialApiVersion, __fieldManager, ...live } = plain(state);
    return {
        inputs: isObject(__inputs) ? rename(__inputs, toDashes) : {},
        live: rename(live, toDashes),
        bookkeeping: {
            ...(typeof __initialApiVersion === "string" && { initialApiVersion: __initialApiVersion }),
            ...(typeof __fieldManager === "string" && { fieldManager: __fieldManager }),
        },
    };
}

/** Inputs as Kubernetes takes them: without secret marks, with the names of its own for what the SDKs cannot spell. */
export function manifest(inputs: Properties): Properties {
    return rename(plain(inputs), toDashes);
}

/** Where kubectl, and Pulumi's provider before 4.0, keep a copy of the whole object, as text. */
const lastApplied = ["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"];

/** Marks in an object what is secret in what it came from, and the copy of it that kubectl has left in an annotation. */
export function hideSecrets(object: Properties, from: Properties): Properties {
    const marked = markSecrets(object, dataSecrets(from));
    const copy = at(marked, ...lastApplied);
    const isSecret = object.kind === "Secret" || hasSecret(from);
    return copy !== undefined && isSecret ? withMember(marked, lastApplied, secret(copy)) : marked;
}

/** A Secret's `stringData` comes back from the server as `data`. */
function dataSecrets(from: Properties): Properties {
    return from.kind === "Secret" && from.stringData !== undefined ? { ...from, data: from.stringData } : from;
}

/** Members of a CRD's schema which the SDKs write with underscores. */
const dashed = [
    "embedded-resource",
    "int-or-string",
    "list-map-keys",
    "list-type",
    "map-type",
    "preserve-unknown-fields",
    "validations",
].map((name) => `x-kubernetes-${name}`);
const toDashes = new Map(dashed.map((name) => [name.replaceAll("-", "_"), name]));
const toUnderscores = new Map(dashed.map((name) => [name, name.replaceAll("-", "_")]));

function rename(value: Properties, names: ReadonlyMap<string, string>): Properties;
function rename(value: Value, names: ReadonlyMap<string, string>): Value;
function rename(value: Value, names: ReadonlyMap<string, string>): Value {
    if (Array.isArray(value)) return value.map((item) => rename(item, names));
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [names.get(key) ?? key, rename(item, names)]));
}
