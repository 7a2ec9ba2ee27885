import { RE2JS } from "re2js";
import type { Match, Rewrite } from "../world/istio";

/**
 * What a request's path becomes, as istiod and Envoy do it. `rewrite.uri` takes the place of what the match's path named: a prefix,
 * or all of a path that was asked for exactly or by a regular expression; without such a condition, of the first slash alone.
 * `uriRegexRewrite` counts before it, and takes the place of all that its expression finds. The query stays.
 *
 * @param match the conditions by which the rule took the request; undefined where it takes all.
 */
export function rewritten(path: string, rewrite: Rewrite | undefined, match: Match | undefined): string {
    const query = path.search(/[?#]/);
    const [bare, rest] = query < 0 ? [path, ""] : [path.slice(0, query), path.slice(query)];
    const { match: pattern, rewrite: substitution = "" } = rewrite?.uriRegexRewrite ?? {};
    if (rewrite?.uriRegexRewrite) return pattern ? replaceAll(bare, pattern, substitution) + rest : path;
    return rewrite?.uri ? rewrite.uri + bare.slice(named(bare, match)) + rest : path;
}

/** How many letters of a path its condition is about. */
function named(path: string, { uri = {} }: Match = {}): number {
    if (uri.exact !== undefined || uri.regex !== undefined) return path.length;
    return (uri.prefix ?? "/").length;
}

/** As RE2's `GlobalReplace` does it: from left to right, and nothing empty right behind what was found. */
function replaceAll(text: string, pattern: string, substitution: string): string {
    const found = RE2JS.compile(pattern).matcher(text);
    let [result, at] = ["", 0];
    let last = -1;
    while (found.find()) {
        if (found.start() === found.end() && found.start() === last) continue;
        result += text.slice(at, found.start()) + filledIn(substitution, (group) => found.group(group) ?? "");
        at = last = found.end();
    }
    return result + text.slice(at);
}

/** `\1` stands for what the first group found, `\0` for all of it, and `\\` for a backslash. */
function filledIn(substitution: string, group: (number: number) => string): string {
    return substitution.replace(/\\([\\0-9])/g, (_, sign: string) => (sign === "\\" ? sign : group(Number(sign))));
}
