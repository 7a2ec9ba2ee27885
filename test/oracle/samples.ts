import * as fc from "fast-check";
import type { StringMatch } from "./istio";
import { textMatches } from "./match";

/**
 * A text that fulfils a condition: one of those at hand when one does.
 *
 * @throws for a pattern for which none is found: a rule that no request tries is one that no test sees.
 */
export function sampleOf(match: StringMatch, atHand: readonly string[]): string {
    const { exact, prefix, regex } = match;
    const isPresence = exact === undefined && prefix === undefined && (regex ?? "*") === "*";
    if (isPresence) return atHand[0] ?? "x";
    if (exact !== undefined) return exact;
    const candidates = [...atHand, ...(prefix === undefined ? plainFormsOf(regex ?? "") : [prefix]), "x"];
    const found = candidates.find((text) => textMatches(match, text)) ?? drawn(regex ?? "", match);
    if (found === undefined) throw new Error(`no text was found for ${JSON.stringify(match)}`);
    return found;
}

/** The pattern with its simplest signs taken out. */
function plainFormsOf(regex: string): string[] {
    const bare = regex
        .replace(/\(\?i\)|[\^$]/g, "")
        .replace(/\.[*]\??/g, "")
        .replace(/\.[+]\??/g, "x")
        .replace(/\((\?:)?([^()|]*)(\|[^()]*)?\)[?*]?/g, "$2")
        .replace(/\\s\*/g, "")
        .replace(/\\([.\-/])/g, "$1");
    return [bare, ...bare.split("|")];
}

/** Any text of a pattern that can stand in a header or a path; none where the pattern is beyond what draws it. */
function drawn(regex: string, match: StringMatch): string | undefined {
    try {
        const pattern = new RegExp(`^(?:${regex.replace("(?i)", "")})$`);
        return fc
            .sample(fc.stringMatching(pattern), { numRuns: 50, seed: 1 })
            .find((text) => /^[!-~]*$/.test(text) && textMatches(match, text));
    } catch {
        return undefined;
    }
}
