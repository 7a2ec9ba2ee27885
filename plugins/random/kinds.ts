import * as crypto from "node:crypto";
import adjectives from "node-petname/src/words/adjectives.json";
import adverbs from "node-petname/src/words/adverbs.json";
import names from "node-petname/src/words/names.json";
import type { Properties } from "../kubernetes/values";
import { pick, randomBelow } from "./generate";
import { keepers, type Kind, type Made } from "./kind";
import { randomPasswordKind, randomStringKind } from "./strings";

/** A name such as `lightly-known-cow`: the id is the name. The words are those of the official provider. */
const randomPet: Kind = {
    description: "A name of random words that is easy to remember.",
    fields: {
        keepers,
        length: { type: "integer", default: 2, min: 1 },
        prefix: { type: "string" },
        separator: { type: "string", default: "-" },
    },
    computed: {},
    make: (inputs) => {
        const { length, prefix, separator } = inputs as { length: number; prefix?: string; separator: string };
        const describing = length > 1 ? [pick(adjectives)] : [];
        const words = [...Array.from({ length: length - 2 }, () => pick(adverbs)), ...describing, pick(names)];
        return { id: [...(prefix ? [prefix] : []), ...words].join(separator), outputs: {} };
    },
};

/** Random bytes in all the forms in which ids are written; `prefix` goes before each but the id. */
const randomId: Kind = {
    description: "Random bytes for a unique id, in hexadecimal, decimal and base64.",
    fields: { keepers, byteLength: { type: "integer", required: true, min: 1 }, prefix: { type: "string" } },
    computed: { b64Std: "string", b64Url: "string", dec: "string", hex: "string" },
    make: (inputs) => idForms(crypto.randomBytes(inputs.byteLength as number), inputs.prefix as string | undefined),
    adopt: (given) => {
        const comma = given.lastIndexOf(",");
        const [prefix, id] = [given.slice(0, Math.max(comma, 0)), given.slice(comma + 1)];
        const bytes = Buffer.from(id, "base64url");
        if (bytes.length === 0 || bytes.toString("base64url") !== id) {
            throw new Error(
                `${given} is no id of random bytes: give [prefix,]bytes, the bytes in URL-safe base64 without padding`,
            );
        }
        const inputs: Properties = { byteLength: bytes.length, ...(prefix && { prefix }) };
        return { ...idForms(bytes, prefix), inputs };
    },
};

function idForms(bytes: Buffer, prefix = ""): Made {
    const forms = {
        b64Std: bytes.toString("base64"),
        b64Url: bytes.toString("base64url"),
        dec: BigInt(`0x${bytes.toString("hex")}`).toString(),
        hex: bytes.toString("hex"),
    };
    const outputs = Object.fromEntries(Object.entries(forms).map(([name, form]) => [name, prefix + form]));
    return { id: forms.b64Url, outputs };
}

/** A whole number from `min` to `max`, both possible. */
const randomInteger: Kind = {
    description: "A random whole number from min to max, both included.",
    fields: {
        keepers,
        max: { type: "integer", required: true },
        min: { type: "integer", required: true },
        seed: { type: "string" },
    },
    computed: { result: "integer" },
    problems: ({ min, max, seed }) => [
        ...((min as number) > (max as number)
            ? [["min", `${min as number} is more than max, ${max as number}`] as const]
            : []),
        ...(seed
            ? [
                  [
                      "seed",
                      "only the official provider can repeat its own numbers; leave seed out, or give the number in config",
                  ] as const,
              ]
            : []),
    ],
    make: (inputs) => {
        const { min, max } = inputs as { min: number; max: number };
        const result = Number(BigInt(min) + randomBelow(BigInt(max) - BigInt(min) + 1n));
        return { id: String(result), outputs: { result } };
    },
    adopt: (id) => {
        const [result, min, max] = id.split(",").map(Number);
        if (id.split(",").length !== 3 || ![result, min, max].every(Number.isSafeInteger)) {
            throw new Error(`${id} is no random integer: give result,min,max`);
        }
        return { id: String(result), inputs: { min, max } as Properties, outputs: { result } as Properties };
    },
};

/** A version 4 UUID: the id is the UUID. */
const randomUuid: Kind = {
    description: "A random UUID, version 4.",
    fields: { keepers },
    computed: { result: "string" },
    make: () => {
        const result = crypto.randomUUID();
        return { id: result, outputs: { result } };
    },
    adopt: (id) => {
        if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) throw new Error(`${id} is no UUID`);
        return { id: id.toLowerCase(), inputs: {}, outputs: { result: id.toLowerCase() } };
    },
};

/** Random bytes that are secret, for keys. */
const randomBytes: Kind = {
    description: "Random bytes that are secret, in base64 and hexadecimal.",
    fields: { keepers, length: { type: "integer", required: true, min: 1 } },
    computed: { base64: "string", hex: "string" },
    secret: ["base64", "hex"],
    make: (inputs) => byteForms(crypto.randomBytes(inputs.length as number)),
    adopt: (id) => {
        const bytes = Buffer.from(id, "base64");
        if (bytes.length === 0 || bytes.toString("base64") !== id) throw new Error(`${id} is not base64`);
        return { ...byteForms(bytes), inputs: { length: bytes.length } };
    },
};

function byteForms(bytes: Buffer): Made {
    return { id: "none", outputs: { base64: bytes.toString("base64"), hex: bytes.toString("hex") } };
}

/** All types of the provider, by their tokens. */
export const kinds: Readonly<Record<string, Kind>> = {
    "random:index/randomBytes:RandomBytes": randomBytes,
    "random:index/randomId:RandomId": randomId,
    "random:index/randomInteger:RandomInteger": randomInteger,
    "random:index/randomPassword:RandomPassword": randomPasswordKind,
    "random:index/randomPet:RandomPet": randomPet,
    "random:index/randomString:RandomString": randomStringKind,
    "random:index/randomUuid:RandomUuid": randomUuid,
};

/** The kind with this token; throws for one that only the official provider has. */
export function kindOf(token: string): Kind {
    const kind = kinds[token];
    if (!kind)
        throw new Error(`The embedded random provider has no ${token}; it has ${Object.keys(kinds).join(", ")}.`);
    return kind;
}
