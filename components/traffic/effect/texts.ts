import { RE2JS } from "re2js";
import type { StringMatch } from "../world/istio";

/** What is known of a value. */
export interface Known extends StringMatch {
    /** Only but for its case: `/A` may as well be `/a`, which another rule's condition may tell apart. */
    readonly ignoresCase?: boolean;
}

/** Whether a condition asks only that there is a value. */
export function isPresence(match: StringMatch): boolean {
    return (
        match.regex === "*" || (match.exact === undefined && match.prefix === undefined && match.regex === undefined)
    );
}

/** Whether a condition holds for every value, the empty one too. */
export function isAnything(match: StringMatch): boolean {
    return match.exact === undefined && (match.prefix === "" || /^\^?\(?\.\*\)?\$?$/.test(match.regex ?? ""));
}

/** Whether a value of which one condition is known meets another for sure. */
export function implies(known: Known, wanted: Known): boolean {
    if (isPresence(wanted) || isAnything(wanted)) return true;
    if (wanted.ignoresCase) return implies(folded(known), folded(wanted));
    // In another case it is another value, unless nothing of what is asked for has a case.
    if (known.ignoresCase && hasCase(wanted)) return false;
    if (known.exact !== undefined) return fits(wanted, known.exact);
    if (wanted.exact !== undefined) return false;
    if (wanted.prefix !== undefined) return known.prefix?.startsWith(wanted.prefix) ?? false;
    return (
        known.regex === wanted.regex ||
        (wanted.regex === ".+" && (known.prefix ?? "") !== "") ||
        isAnyPath(wanted, known)
    );
}

/** Whether a concrete value meets a condition. */
export function fits(wanted: StringMatch, value: string): boolean {
    if (isPresence(wanted)) return true;
    if (wanted.exact !== undefined) return value === wanted.exact;
    if (wanted.prefix !== undefined) return value.startsWith(wanted.prefix);
    return RE2JS.matches(wanted.regex ?? "", value);
}

/** Whether a condition can tell values apart by their case; of regular expressions only those for every path, and for any value, can't. */
function hasCase({ exact, prefix, regex }: StringMatch): boolean {
    const text = exact ?? prefix;
    return text === undefined ? !["/.*", ".+"].includes(regex ?? "") : text.toLowerCase() !== text.toUpperCase();
}

/** `/.*` holds for every path. */
function isAnyPath({ regex }: StringMatch, { prefix }: StringMatch): boolean {
    return regex === "/.*" && (prefix?.startsWith("/") ?? false);
}

/** The names of the cookies that a condition on them asks for. */
export function cookiesNamed({ exact, prefix, regex = "" }: StringMatch): string[] {
    const text = exact ?? prefix ?? regex.replace(/\\(.)/g, "$1");
    return [...text.matchAll(/([\w.-]+)=/g)].map(([, name]) => name ?? "");
}

/** A condition on a value in lower case. */
export function folded(match: Known): StringMatch {
    const { exact, prefix, regex } = match;
    if (exact === undefined && prefix === undefined) return { regex };
    return exact !== undefined ? { exact: exact.toLowerCase() } : { prefix: prefix?.toLowerCase() };
}

/** Whether no value can meet both: of regular expressions that can't be shown, so they count as if one could. */
export function contradicts(one: Known, other: Known): boolean {
    if (isPresence(one) || isPresence(other)) return false;
    if (one.ignoresCase || other.ignoresCase)
        return one.regex === undefined && other.regex === undefined && contradicts(folded(one), folded(other));
    if (one.exact !== undefined) return !fits(other, one.exact);
    if (other.exact !== undefined) return !fits(one, other.exact);
    if (one.prefix !== undefined && other.prefix !== undefined)
        return !one.prefix.startsWith(other.prefix) && !other.prefix.startsWith(one.prefix);
    return false;
}
