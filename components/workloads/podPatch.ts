import { parse } from "yaml";
import { UserError } from "../userError";

type Fields = Readonly<Record<string, unknown>>;

/** By what the items of a list are told apart, where it is not their name. */
const keys: Readonly<Record<string, string>> = {
    volumeMounts: "mountPath",
    volumeDevices: "devicePath",
    hostAliases: "ip",
    topologySpreadConstraints: "topologyKey",
};

/**
 * Reads a patch of a pod's spec.
 *
 * @param text YAML or JSON with fields of a pod's `spec`.
 * @throws when it is neither, or no object.
 */
export function readPatch(text: string): Fields {
    const fix = 'give fields of a pod\'s spec, such as JSON.stringify({ tolerations: [{ operator: "Exists" }] })';
    let found: unknown;
    try {
        found = parse(text);
    } catch (error) {
        throw new UserError({ what: `podPatch is no YAML: ${(error as Error).message.split("\n")[0]}`, fix });
    }
    if (!isFields(found))
        throw new UserError({ what: `podPatch is ${JSON.stringify(found)}, and must be an object`, fix });
    const wrapped = ["spec", "metadata", "template"].find((field) => field in found);
    if (wrapped)
        throw new UserError({ what: `podPatch has the field ${wrapped}, and a pod's spec has none of that name`, fix });
    return found;
}

/**
 * A pod's spec with a patch laid over it, as `kubectl patch` does: objects field by field, lists whose items have names item by
 * item, all else in place of what was there; null takes a field away.
 */
export function patched(spec: Fields, patch: Fields): Fields {
    const merged: Record<string, unknown> = { ...spec };
    for (const [field, value] of Object.entries(patch)) {
        if (value === null) Reflect.deleteProperty(merged, field);
        else merged[field] = laidOver(merged[field], value, keys[field] ?? "name");
    }
    return merged;
}

function laidOver(old: unknown, next: unknown, key: string): unknown {
    if (isFields(old) && isFields(next)) return patched(old, next);
    if (!isKeyed(old, key) || !isKeyed(next, key)) return next;
    const known = old.map((item) => {
        const change = next.find((one) => one[key] === item[key]);
        return change ? patched(item, change) : item;
    });
    return [...known, ...next.filter((one) => !old.some((item) => item[key] === one[key]))];
}

function isKeyed(value: unknown, key: string): value is Fields[] {
    return Array.isArray(value) && value.every((item) => isFields(item) && typeof item[key] === "string");
}

function isFields(value: unknown): value is Fields {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}
