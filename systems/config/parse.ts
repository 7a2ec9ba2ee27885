import { removedIn } from "../../components/traffic/judge/limits";
import { closest } from "fastest-levenshtein";
import type { Problem } from "../../components/traffic/split/problem";
import { shapeProblems } from "../../rollout/config/shapeProblems";
import { keys, schema, textKeys } from "./schema";
import type { RawSettings } from "./shape";

/** A config, key by key. */
interface Parsed {
    /** What could be read; all else has its default. */
    readonly raw: RawSettings;
    /** Keys whose values have another shape. */
    readonly unread: readonly string[];
    readonly problems: Problem[];
}

/** Reads each key by itself; what several must say together is checked elsewhere. */
export function parse(values: Readonly<Record<string, string>>): Parsed {
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
    if (result.success) return { raw: result.data, unread: [], problems };
    const unread = [...new Set(result.error.issues.map(({ path: [key] }) => String(key)))];
    const read = Object.entries(parsed).filter(([key]) => !unread.includes(key));
    return {
        raw: schema.parse(Object.fromEntries(read)),
        unread,
        problems: [...problems, ...shapeProblems(result.error.issues, parsed)],
    };
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
