import { RE2JS } from "re2js";
import type { Match, StringMatch } from "../world/istio";

/** A request as the caller's proxy sees it. */
export interface Asked {
    /** The host asked for, as in the Host header. */
    readonly host: string;
    /** Path and query: `/product/1?delay=3`. */
    readonly path: string;
    /** Default GET. */
    readonly method?: string;
    /** Default http. */
    readonly scheme?: string;
    readonly headers: Readonly<Record<string, string>>;
}

/** Whose proxy decides. */
export interface Caller {
    readonly namespace: string;
    /** The labels of the calling pod. */
    readonly labels: Readonly<Record<string, string>>;
    /** `namespace/name` of the Gateway, where the proxy is a gateway's; without it, it is a sidecar. */
    readonly gateway?: string;
}

/** Whether conditions hold, and which one decided, in words. */
export interface Verdict {
    readonly holds: boolean;
    readonly why: string;
}

/**
 * Judges one block of conditions, all of which must hold, as istiod and Envoy do. What they do differently from what one
 * might think: a block that names gateways ignores its source labels; regular expressions (RE2) match the whole value;
 * a path is compared without its query; a header asked for with no value, or with the regular expression `*`, must be there.
 */
export function judge(match: Match, asked: Asked, caller: Caller): Verdict {
    const verdicts = [source(match, caller), ...request(match, asked)];
    const broken = verdicts.find((verdict) => !verdict.holds);
    return (
        broken ?? {
            holds: true,
            why:
                verdicts
                    .map((verdict) => verdict.why)
                    .filter(Boolean)
                    .join(", ") || "any request",
        }
    );
}

/** Whether the caller's proxy gets a block of conditions at all. */
export function source(match: Match, caller: Caller): Verdict {
    if (match.gateways?.length) {
        const own = caller.gateway ?? "mesh";
        return { holds: match.gateways.includes(own), why: `for callers at ${match.gateways.join(" or ")}` };
    }
    const labels = Object.entries(match.sourceLabels ?? {});
    const wanted = [
        ...labels.map(([name, value]) => ({
            holds: caller.labels[name] === value,
            why: `callers labelled ${name}=${value}`,
        })),
        ...(match.sourceNamespace
            ? [
                  {
                      holds: match.sourceNamespace === caller.namespace,
                      why: `callers in namespace ${match.sourceNamespace}`,
                  },
              ]
            : []),
    ];
    const broken = wanted.find((verdict) => !verdict.holds);
    if (broken) return { holds: false, why: `only for ${broken.why}` };
    return { holds: true, why: wanted.map((verdict) => verdict.why).join(", ") };
}

/** A value that is asked for, in words: `test`, `te…`, `/te.+/`. */
export function inWords(match: StringMatch): string {
    if (isPresence(match)) return "any value";
    return match.exact ?? (match.prefix === undefined ? `/${match.regex}/` : `${match.prefix}…`);
}

function request(match: Match, asked: Asked): Verdict[] {
    const [path = "", query = ""] = asked.path.split("#")[0]?.split(/\?(.*)/s) ?? [];
    const given = new Map(Object.entries(asked.headers).map(([name, value]) => [name.toLowerCase(), value]));
    const params = new URLSearchParams(query);
    const fold = match.ignoreUriCase && match.uri?.regex === undefined;
    const verdicts: Verdict[] = [];
    if (match.uri) verdicts.push(has("path", fold ? folded(match.uri) : match.uri, fold ? path.toLowerCase() : path));
    if (match.method) verdicts.push(has("method", match.method, asked.method ?? "GET"));
    if (match.authority) verdicts.push(has("host", match.authority, asked.host));
    if (match.scheme) verdicts.push(has("scheme", match.scheme, asked.scheme ?? "http"));
    for (const [name, value] of Object.entries(match.headers ?? {}))
        verdicts.push(has(name.toLowerCase(), value, given.get(name.toLowerCase())));
    for (const [name, value] of Object.entries(match.withoutHeaders ?? {}))
        verdicts.push(lacks(name.toLowerCase(), value, given.get(name.toLowerCase())));
    for (const [name, value] of Object.entries(match.queryParams ?? {}))
        verdicts.push(has(`?${name}`, value, params.get(name) ?? undefined));
    return verdicts;
}

function has(what: string, wanted: StringMatch, value: string | undefined): Verdict {
    const holds = value !== undefined && fits(wanted, value);
    const words = `${what}: ${inWords(wanted)}`;
    if (holds) return { holds, why: words };
    return { holds, why: `needs ${words}; the request has ${value === undefined ? "none" : value}` };
}

/** A header that is missing counts as an empty one, unless its presence is what is asked. */
function lacks(what: string, unwanted: StringMatch, value: string | undefined): Verdict {
    const found = isPresence(unwanted) ? value !== undefined : fits(unwanted, value ?? "");
    if (!found) return { holds: true, why: `no ${what}: ${inWords(unwanted)}` };
    return { holds: false, why: `not for ${what}: ${inWords(unwanted)}` };
}

function fits(match: StringMatch, value: string): boolean {
    if (isPresence(match)) return true;
    if (match.exact !== undefined) return value === match.exact;
    if (match.prefix !== undefined) return value.startsWith(match.prefix);
    return RE2JS.matches(match.regex ?? "", value);
}

function isPresence(match: StringMatch): boolean {
    return (
        match.regex === "*" || (match.exact === undefined && match.prefix === undefined && match.regex === undefined)
    );
}

function folded(match: StringMatch): StringMatch {
    return { exact: match.exact?.toLowerCase(), prefix: match.prefix?.toLowerCase() };
}
