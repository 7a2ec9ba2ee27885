import { removedIn } from "../components/traffic/judge/limits";
import { closest } from "fastest-levenshtein";
import type { z } from "zod";
import type { Problem } from "../components/traffic/split/problem";
import { keys, schema, textKeys } from "./schema";
import type { RawSettings } from "./shape";

/**
 * Reads each key by itself; what several must say together is checked elsewhere.
 *
 * @returns the values, or every problem with their shape.
 */
export function parse(values: Readonly<Record<string, string>>): { raw?: RawSettings; problems: Problem[] } {
    const problems: Problem[] = [];
    const parsed: Record<string, unknown> = {};
    for (const [key, value] of Object.entries(values)) {
        if (!keys.includes(key)) {
            const message = `unknown key; the nearest known one is ${closest(key, keys)}`;
            problems.push({ at: key, message, fix: `pulumi config rm ${key}` });
            continue;
        }
        parsed[key] = textKeys.includes(key) ? value : fromJson(value);
    }
    // One system needs no list: `pulumi config set system stages`, or several with commas.
    if (typeof parsed.system === "string") parsed.system = parsed.system.split(",").map((name) => name.trim());
    if (parsed.remove !== undefined) parsed.remove = removedIn(parsed.remove);
    // `canaryHeader: {}` is the default of Pulumi.yaml, and means that there is none.
    if (isEmpty(parsed.canaryHeader)) delete parsed.canaryHeader;
    const result = schema.safeParse(parsed);
    if (result.success) return { raw: result.data, problems };
    return { problems: [...problems, ...shapeProblems(result.error.issues, parsed)] };
}

/**
 * A schema's issues as problems with their places.
 *
 * @param under the key that the value stands under, where it is not the whole config.
 */
export function shapeProblems(issues: readonly z.core.$ZodIssue[], value: unknown, under = ""): Problem[] {
    return issues.flatMap((issue): Problem[] => {
        const at = [under, ...issue.path.map(String)].filter(Boolean).join(".");
        const place = pathTo(issue.path, under);
        const found = valueAt(value, issue.path);
        if (issue.code === "unrecognized_keys")
            return issue.keys.map((key) => ({
                at: `${at}.${key}`,
                message: "unknown key",
                fix: `pulumi config rm --path ${at}.${key}`,
            }));
        if (issue.code === "invalid_value")
            return [
                {
                    at,
                    message: `${JSON.stringify(found)} is none of ${issue.values.join(", ")}`,
                    fix: `pulumi config set ${/[.[]/.test(place) ? "--path " : ""}${place} ${closest(String(found), issue.values.map(String))}`,
                },
            ];
        if (issue.code === "invalid_type" && issue.expected === "string" && typeof found === "number")
            return [
                {
                    at,
                    message: `${found} is a number, and its digits may not be those that were typed: put it into quotes`,
                },
            ];
        const nearest = nearestOf(issue);
        // What is taken away has its default again.
        const fix =
            nearest === undefined ? `pulumi config rm --path ${place}` : `pulumi config set --path ${place} ${nearest}`;
        return [{ at, message: `${JSON.stringify(found)} does not fit: ${issue.message}`, fix }];
    });
}

/** A place as `pulumi config` takes it: `allowedTargets[0]`, which a shell must not take for names of files. */
function pathTo(parts: readonly PropertyKey[], under: string): string {
    const path = parts.reduce<string>(
        (sofar, part) =>
            typeof part === "number" ? `${sofar}[${part}]` : [sofar, String(part)].filter(Boolean).join("."),
        under,
    );
    return path.includes("[") ? `'${path}'` : path;
}

/** The nearest number that fits, where it is only too large or too small. */
function nearestOf(issue: z.core.$ZodIssue): number | undefined {
    if (issue.code === "too_big" && issue.origin !== "string" && issue.origin !== "array") return Number(issue.maximum);
    if (issue.code === "too_small" && issue.origin !== "string" && issue.origin !== "array")
        return Number(issue.minimum);
    return undefined;
}

/** A value that is no JSON goes on as text: the schema then says what is wrong with it. */
function fromJson(value: string): unknown {
    try {
        return JSON.parse(value);
    } catch {
        return value;
    }
}

function isEmpty(value: unknown): boolean {
    return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
    return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}
