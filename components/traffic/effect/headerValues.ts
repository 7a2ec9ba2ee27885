import type { StringMatch } from "../world/istio";
import type { Kind } from "./kind";
import type { Known } from "./texts";

/** What is known of a header, as Envoy has it: it has a request's method, path, host and scheme among them, and every request has those. */
export function valuesOf(kind: Kind, header: string): readonly StringMatch[] {
    const name = header.toLowerCase();
    const field = fieldOf(name);
    const values = field === "uri" ? fullPathOf(kind) : field ? kind[field] : (kind.headers[name] ?? []);
    return field && values.length === 0 ? [{}] : values;
}

/** The part of a request that Envoy has under a header's name, in lower case; undefined for a header of its own. */
export function fieldOf(name: string): "uri" | "method" | "authority" | "scheme" | undefined {
    if (name === ":path") return "uri";
    if (name === ":method") return "method";
    if (name === ":scheme") return "scheme";
    return name === ":authority" || name === "host" ? "authority" : undefined;
}

/** The path with its query, which `:path` is. */
function fullPathOf({ uri, headers, queryParams }: Kind): readonly Known[] {
    const own = headers[":path"] ?? [];
    const hasQuery =
        Object.keys(queryParams).length > 0 || own.some(({ exact, prefix }) => (exact ?? prefix)?.includes("?"));
    if (own.some(({ exact }) => exact !== undefined)) return own;
    if (!hasQuery) return [...own, ...uri];
    return [
        ...own,
        ...uri.flatMap(({ exact, prefix, ...rest }): Known[] => {
            if (exact !== undefined) return [{ ...rest, prefix: `${exact}?` }];
            return prefix === undefined ? [] : [{ ...rest, prefix }];
        }),
    ];
}
