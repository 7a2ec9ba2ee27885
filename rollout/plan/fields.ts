import { isDeepStrictEqual } from "node:util";
import type { FieldChange } from "./model";
import { secret } from "./plainValues";

/** The fields that differ, leaf by leaf, in order: `spec.http[0].route[1].weight`. Lists of another length are told as a whole where they hold no objects. */
export function differences(from: unknown, to: unknown, path = ""): FieldChange[] {
    if (isDeepStrictEqual(from, to)) return [];
    if (isObject(from) && isObject(to)) {
        const keys = [...new Set([...Object.keys(from), ...Object.keys(to)])];
        return keys.flatMap((key) => differences(from[key], to[key], joined(path, key)));
    }
    if (Array.isArray(from) && Array.isArray(to) && (from.some(isObject) || to.some(isObject))) {
        const [before, after] = [byName(from), byName(to)];
        if (before && after) {
            const names = [...new Set([...after.keys(), ...before.keys()])];
            return names.flatMap((name) => differences(before.get(name), after.get(name), `${path}[${name}]`));
        }
        const length = Math.max(from.length, to.length);
        return Array.from({ length }, (_, index) => index).flatMap((index) =>
            differences(from[index], to[index], `${path}[${index}]`),
        );
    }
    return [{ path, ...(from === undefined ? {} : { from }), ...(to === undefined ? {} : { to }) }];
}

/** What of `wanted` is otherwise in `live`: fields that only the live object has (defaults, status) are nobody's drift. */
export function departures(wanted: unknown, live: unknown, path = ""): FieldChange[] {
    if (wanted === secret || isDeepStrictEqual(wanted, live)) return [];
    if (isObject(wanted) && isObject(live))
        return Object.keys(wanted).flatMap((key) => departures(wanted[key], live[key], joined(path, key)));
    if (Array.isArray(wanted) && Array.isArray(live) && wanted.some(isObject)) {
        const length = Math.max(wanted.length, live.length);
        return Array.from({ length }, (_, index) => index).flatMap((index) =>
            departures(wanted[index], live[index], `${path}[${index}]`),
        );
    }
    // Istio and Kubernetes leave out what is zero or empty.
    if (live === undefined && (wanted === 0 || wanted === "" || wanted === false || isEmpty(wanted))) return [];
    return [{ path, from: wanted, ...(live === undefined ? {} : { to: live }) }];
}

/** A value on one line. */
export function inShort(value: unknown, most = 80): string {
    if (value === undefined) return "–";
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const line = text.replace(/\s+/g, " ");
    return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** A list whose members all have names of their own, by name: a rule that is put in before others is then one difference. */
function byName(list: readonly unknown[]): Map<string, unknown> | undefined {
    const named = new Map(list.map((member) => [isObject(member) ? member.name : undefined, member]));
    return named.size === list.length && [...named.keys()].every((name) => typeof name === "string")
        ? (named as Map<string, unknown>)
        : undefined;
}

function joined(path: string, key: string): string {
    const plain = /^[\w-]+$/.test(key);
    return path === "" ? (plain ? key : `["${key}"]`) : plain ? `${path}.${key}` : `${path}["${key}"]`;
}

function isObject(value: unknown): value is Record<string, unknown> {
    return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
    return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}
