import { removedIn } from "../../components/traffic/judge/limits";
import { closest } from "fastest-levenshtein";
import type { Problem } from "../../components/traffic/split/problem";
import { shapeProblems } from "../../rollout/config/shapeProblems";
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
