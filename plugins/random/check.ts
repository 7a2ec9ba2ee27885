import { type Properties, Unknown, type Value } from "../kubernetes/values";
import { completed, type Field, isSet, type Kind } from "./kind";

/** An input that can't be, and why. */
export interface Failure {
    readonly property: string;
    readonly reason: string;
}

/** Everything that is wrong with inputs (without secret marks). What is not known yet is taken to be right. */
export function failuresIn(kind: Kind, inputs: Properties): Failure[] {
    const given = Object.entries(inputs).filter(([name, value]) => isSet(value) && !name.startsWith("__"));
    const failures = [
        ...given.flatMap(([name, value]) => failureOf(name, value, kind.fields[name])),
        ...Object.entries(kind.fields)
            .filter(([name, field]) => field.required && !isSet(inputs[name]))
            .map(([property]) => ({ property, reason: "is required" })),
    ];
    if (failures.length > 0 || given.some(([, value]) => value instanceof Unknown)) return failures;
    const together = kind.problems?.(completed(kind, inputs)) ?? [];
    return together.map(([property, reason]) => ({ property, reason }));
}

function failureOf(property: string, value: Value, field: Field | undefined): Failure[] {
    if (value instanceof Unknown) return [];
    const reason = field ? misfit(value, field) : "is no input of this resource";
    return reason ? [{ property, reason }] : [];
}

function misfit(value: Value, { type, min = -Infinity }: Field): string | undefined {
    const shown = JSON.stringify(value);
    switch (type) {
        case "integer":
            if (!Number.isSafeInteger(value)) return `must be a whole number, not ${shown}`;
            return (value as number) < min ? `must be at least ${min}, not ${shown}` : undefined;
        case "map": {
            const isMap = typeof value === "object" && !Array.isArray(value);
            return isMap && Object.values(value ?? {}).every(isText)
                ? undefined
                : `must map names to strings, not be ${shown}`;
        }
        default:
            return typeof value === type ? undefined : `must be a ${type}, not ${shown}`;
    }
}

function isText(value: Value): boolean {
    return typeof value === "string" || value === null || value instanceof Unknown;
}
