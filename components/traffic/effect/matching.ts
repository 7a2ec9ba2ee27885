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
    /** The port of the Service that is asked for. Default: what the host says behind its colon, else 80. */
    readonly port?: number;
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

/** What is known of a value. */
export interface Known extends StringMatch {
    /** Only but for its case: `/A` may as well be `/a`, which another rule's condition may tell apart. */
    readonly ignoresCase?: boolean;
}

/**
 * A kind of request: all that meet some conditions, and nothing beyond them. One request is the kind whose every value is known
 * letter by letter. What is not named is not there: such a kind has no other header, and its path and method are none that a
 * rule names. Of each value several conditions may be known; all of them hold.
 */
export interface Kind {
    /** The gateway at which it comes in, or `mesh`. */
    readonly entry: string;
    readonly uri: readonly Known[];
    readonly method: readonly StringMatch[];
    readonly authority: readonly StringMatch[];
    readonly scheme: readonly StringMatch[];
    /** By name, in lower case. */
    readonly headers: Readonly<Record<string, readonly StringMatch[]>>;
    readonly queryParams: Readonly<Record<string, readonly StringMatch[]>>;
    readonly port?: number;
    readonly sourceLabels: Readonly<Record<string, string>>;
    readonly sourceNamespace?: string;
    /** The name that a TLS client asks for. */
    readonly sni?: string;
}

/** Whether conditions hold, and which one decided, in words. */
export interface Verdict {
    readonly holds: boolean;
    readonly why: string;
}

/** One request as a kind. */
export function kindOf(asked: Asked, caller: Caller): Kind {
    const [path = "", query = ""] = asked.path.split("#")[0]?.split(/\?(.*)/s) ?? [];
    const exactly = (values: Iterable<[string, string]>): Kind["headers"] =>
        Object.fromEntries([...values].map(([name, value]) => [name, [{ exact: value }]]));
    return {
        entry: caller.gateway ?? "mesh",
        uri: [{ exact: path }],
        method: [{ exact: asked.method ?? "GET" }],
        authority: [{ exact: asked.host }],
        scheme: [{ exact: asked.scheme ?? "http" }],
        headers: exactly(Object.entries(asked.headers).map(([name, value]) => [name.toLowerCase(), value])),
        queryParams: exactly(new URLSearchParams(query)),
        port: asked.port ?? Number(/:(\d+)$/.exec(asked.host)?.[1] ?? 80),
        sourceLabels: caller.labels,
        sourceNamespace: caller.namespace,
    };
}

/**
 * Judges one block of conditions, all of which must hold, as istiod and Envoy do. What they do differently from what one
 * might think: a block that names gateways ignores its source labels; regular expressions (RE2) match the whole value;
 * a path is compared without its query; a header asked for with no value, or with the regular expression `*`, must be there.
 */
export function judge(match: Match, kind: Kind): Verdict {
    const verdicts = [source(match, kind), ...request(match, kind)];
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
export function source(match: Match, { entry, sourceLabels, sourceNamespace }: Kind): Verdict {
    if (match.gateways?.length)
        return { holds: match.gateways.includes(entry), why: `for callers at ${match.gateways.join(" or ")}` };
    const labels = Object.entries(match.sourceLabels ?? {});
    const wanted = [
        ...labels.map(([name, value]) => ({
            holds: sourceLabels[name] === value,
            why: `callers labelled ${name}=${value}`,
        })),
        ...(match.sourceNamespace
            ? [
                  {
                      holds: match.sourceNamespace === sourceNamespace,
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

function request(match: Match, kind: Kind): Verdict[] {
    const fold = match.ignoreUriCase === true && match.uri?.regex === undefined;
    const verdicts: Verdict[] = [];
    if (match.uri)
        verdicts.push(has("path", fold ? folded(match.uri) : match.uri, fold ? kind.uri.map(folded) : kind.uri));
    if (match.method) verdicts.push(has("method", match.method, kind.method));
    if (match.authority) verdicts.push(has("host", match.authority, kind.authority));
    if (match.scheme) verdicts.push(has("scheme", match.scheme, kind.scheme));
    if (match.port !== undefined) verdicts.push({ holds: match.port === kind.port, why: `port ${match.port}` });
    if (match.sniHosts?.length)
        verdicts.push({
            holds: match.sniHosts.includes(kind.sni ?? ""),
            why: `TLS name ${match.sniHosts.join(" or ")}`,
        });
    for (const [name, value] of Object.entries(match.headers ?? {}))
        verdicts.push(hasHeader(name.toLowerCase(), value, kind));
    for (const [name, value] of Object.entries(match.withoutHeaders ?? {}))
        verdicts.push(lacks(name.toLowerCase(), value, kind.headers[name.toLowerCase()]));
    for (const [name, value] of Object.entries(match.queryParams ?? {}))
        verdicts.push(has(`?${name}`, value, kind.queryParams[name] ?? []));
    return verdicts;
}

/** What Envoy has as headers of a request beside its own: `:path`, `:method` and `:authority`. */
function hasHeader(name: string, wanted: StringMatch, kind: Kind): Verdict {
    const special: Readonly<Record<string, readonly StringMatch[]>> = {
        ":path": kind.uri,
        ":method": kind.method,
        ":authority": kind.authority,
        ":scheme": kind.scheme,
        host: kind.authority,
    };
    return has(name, wanted, special[name] ?? kind.headers[name] ?? []);
}

function has(what: string, wanted: StringMatch, known: readonly StringMatch[]): Verdict {
    const holds = known.some((one) => implies(one, wanted));
    const words = `${what}: ${inWords(wanted)}`;
    if (holds) return { holds, why: words };
    return {
        holds,
        why: `needs ${words}; the request has ${known.length === 0 ? "none" : known.map(inWords).join(" and ")}`,
    };
}

/** A header that is missing counts as an empty one, unless its presence is what is asked. */
function lacks(what: string, unwanted: StringMatch, known: readonly StringMatch[] = []): Verdict {
    const given = known.length > 0 || isPresence(unwanted) ? known : [{ exact: "" }];
    const found = given.some((one) => implies(one, unwanted));
    if (!found) return { holds: true, why: `no ${what}: ${inWords(unwanted)}` };
    return { holds: false, why: `not for ${what}: ${inWords(unwanted)}` };
}

/** A condition on a value in lower case. */
export function folded(match: Known): StringMatch {
    const { exact, prefix, regex } = match;
    if (exact === undefined && prefix === undefined) return { regex };
    return exact !== undefined ? { exact: exact.toLowerCase() } : { prefix: prefix?.toLowerCase() };
}
