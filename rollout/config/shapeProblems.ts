import { closest } from "fastest-levenshtein";
import type { z } from "zod";
import type { Problem } from "../../components/traffic/split/problem";

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
                fix: `pulumi config rm --path ${pathTo([...issue.path, key], under)}`,
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
        // What another key says may make a default wrong, of which the config has nothing.
        const isDefault = issue.code === "custom" && found === undefined;
        return [
            { at, message: isDefault ? issue.message : `${JSON.stringify(found)} does not fit: ${issue.message}`, fix },
        ];
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

/** The nearest value that fits, where it is only too large or too small, or a check of several keys names one. */
function nearestOf(issue: z.core.$ZodIssue): number | string | undefined {
    if (issue.code === "custom") return issue.params?.nearest as string | undefined;
    if (issue.code === "too_big" && issue.origin !== "string" && issue.origin !== "array") return Number(issue.maximum);
    if (issue.code === "too_small" && issue.origin !== "string" && issue.origin !== "array")
        return Number(issue.minimum);
    return undefined;
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
    return path.reduce<unknown>((inner, key) => (inner as Record<PropertyKey, unknown> | undefined)?.[key], value);
}
