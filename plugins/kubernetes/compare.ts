import { isObject, Unknown, type Properties, type Value } from "./values";

/** A place in an object: names of members and indices of arrays. */
export type Path = readonly (string | number)[];

/** One difference. */
export interface PropertyChange {
    path: Path;
    kind: "ADD" | "DELETE" | "UPDATE";
    /** What the property becomes; null when it goes. */
    value: Value;
}

/** Every difference between two values, each at the deepest place where only one side has it or they cannot be compared. */
export function compare(before: Value | undefined, after: Value | undefined, path: Path): PropertyChange[] {
    if (after === undefined) return before === undefined ? [] : [{ path, kind: "DELETE", value: null }];
    if (before === undefined) return after === null ? [] : [{ path, kind: "ADD", value: after }];
    if (isObject(before) && isObject(after)) {
        return union(Object.keys(before), Object.keys(after)).flatMap((key) =>
            compare(before[key], after[key], [...path, key]),
        );
    }
    if (Array.isArray(before) && Array.isArray(after)) {
        return Array.from({ length: Math.max(before.length, after.length) }, (_, i) => i).flatMap((i) =>
            compare(before[i], after[i], [...path, i]),
        );
    }
    if (after === null && before !== null) return [{ path, kind: "DELETE", value: null }];
    return Object.is(before, after) && !(after instanceof Unknown) ? [] : [{ path, kind: "UPDATE", value: after }];
}

/**
 * Cuts a live object down to the members that `shape` has, as deep as both have the same structure. Items of arrays belong
 * together by position.
 */
export function prune(live: Properties, shape: Properties): Properties {
    const pruned: Properties = {};
    for (const [key, value] of Object.entries(live)) {
        const wanted = shape[key];
        if (wanted !== undefined) pruned[key] = pruneValue(value, wanted);
    }
    return pruned;
}

function pruneValue(value: Value, shape: Value): Value {
    if (isObject(value) && isObject(shape)) return prune(value, shape);
    if (!Array.isArray(value) || !Array.isArray(shape)) return value;
    if (!value.length || !shape.length) return [];
    if (typeOf(value[0]) !== typeOf(shape[0])) return value;
    return value.slice(0, shape.length).map((item, i) => pruneValue(item, shape[i] ?? null));
}

function typeOf(value: Value | undefined): string {
    return Array.isArray(value) ? "array" : value === null ? "null" : typeof value;
}

/** `spec.http[0].route[1].weight`; members with a dot or bracket stand in brackets and quotes. */
export function pathText(path: Path): string {
    return path.reduce<string>((text, step) => {
        if (typeof step === "number") return `${text}[${step}]`;
        if (/[."[\]]/.test(step)) return `${text}["${step.replaceAll('"', '\\"')}"]`;
        return text ? `${text}.${step}` : step;
    }, "");
}

function union(one: readonly string[], other: readonly string[]): string[] {
    return [...new Set([...one, ...other])];
}
