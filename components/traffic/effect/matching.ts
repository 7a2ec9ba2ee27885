import { fit } from "../world/hosts";
import type { Match, StringMatch } from "../world/istio";
import { valuesOf } from "./headerValues";
import type { Kind } from "./kind";
import { folded, implies, isPresence } from "./texts";

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
        headers: exactly([
            ...Object.entries(asked.headers).map(([name, value]): [string, string] => [name.toLowerCase(), value]),
            [":path", asked.path.split("#")[0] ?? ""],
        ]),
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

/** Whether a kind has nothing that a block excludes. */
export function isWithout(kind: Kind, { withoutHeaders = {} }: Match): boolean {
    return Object.entries(withoutHeaders).every(([name, value]) => lacks(name, value, valuesOf(kind, name)).holds);
}

/** The subnets of a block in one text: whether an address is within them is known only where the same are named. */
export function subnetsOf({ destinationSubnets = [] }: Match): string {
    return [...destinationSubnets].sort().join(", ");
}

function request(match: Match, kind: Kind): Verdict[] {
    const fold = match.ignoreUriCase === true && match.uri?.regex === undefined;
    const verdicts: Verdict[] = [];
    if (match.uri)
        verdicts.push(has("path", fold ? folded(match.uri) : match.uri, fold ? kind.uri.map(folded) : kind.uri));
    if (match.method) verdicts.push(has("method", match.method, valuesOf(kind, ":method")));
    if (match.authority) verdicts.push(has("host", match.authority, valuesOf(kind, ":authority")));
    if (match.scheme) verdicts.push(has("scheme", match.scheme, valuesOf(kind, ":scheme")));
    if (match.port !== undefined) verdicts.push({ holds: match.port === kind.port, why: `port ${match.port}` });
    if (match.sniHosts?.length)
        verdicts.push({
            holds: match.sniHosts.some((name) => fit(name, kind.sni ?? kind.host ?? "") !== undefined),
            why: `TLS name ${match.sniHosts.join(" or ")}`,
        });
    if (match.destinationSubnets?.length) {
        const subnets = subnetsOf(match);
        verdicts.push({ holds: kind.subnets?.includes(subnets) ?? false, why: `to ${subnets}` });
    }
    for (const [name, value] of Object.entries(match.headers ?? {}))
        verdicts.push(has(name.toLowerCase(), value, valuesOf(kind, name)));
    for (const [name, value] of Object.entries(match.withoutHeaders ?? {}))
        verdicts.push(lacks(name.toLowerCase(), value, valuesOf(kind, name)));
    for (const [name, value] of Object.entries(match.queryParams ?? {}))
        verdicts.push(has(`?${name}`, value, kind.queryParams[name] ?? []));
    return verdicts;
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
