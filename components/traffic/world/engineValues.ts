import { encrypted, unknown, type Value } from "./values";

/** Under this key Pulumi's engine says what a value is that JSON has no form for. */
const signatureKey = "4dabf18193072939515e22adb298388d";
/** What it writes for a text, a yes or no, and a number that a preview does not know. */
const unknownTexts = [
    "04da6b54-80e4-46f7-96ec-b56ff0331ba9",
    "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",
    "3eeb2bf0-c639-47a8-9e75-3b44932eb421",
];

/** Whether it stands for a value that a preview does not know: as the engine writes it, or as Pulumi's SDK hands it to a hook. */
export function isUnknown(value: unknown): boolean {
    if (typeof value === "string") return unknownTexts.includes(value);
    return typeof value === "object" && value !== null && "__pulumiUnknown" in value;
}

/** Whether the engine has it as a secret, or as an asset: no plain value in either case. */
export function isSigned(value: object): boolean {
    return signatureKey in value;
}

/** A value of the engine's in the world's form: what is not known, or only there encrypted, is a sign of its own. */
export function asWorld(value: unknown): Value {
    if (isUnknown(value)) return unknown;
    if (Array.isArray(value)) return value.map(asWorld);
    if (typeof value !== "object" || value === null) return value as Value;
    if (isSigned(value)) {
        const { plaintext } = value as { readonly plaintext?: unknown };
        return typeof plaintext === "string" ? asWorld(JSON.parse(plaintext)) : encrypted;
    }
    return Object.fromEntries(Object.entries(value).map(([field, one]) => [field, asWorld(one)]));
}
