import type { Match, StringMatch } from "../world/istio";
import { serviceNamed } from "../world/hosts";
import { canonical } from "../world/objects";
import type { Value } from "../world/values";
import { fits, folded, implies, inWords, isPresence, type Kind, type Known, source } from "./matching";

/** Where requests come in, and what for. */
export interface Place {
    /** A full host name, or a wildcard. */
    readonly host: string;
    /** `namespace/name` of a gateway, or `mesh`. */
    readonly entry: string;
    readonly protocol: "http" | "tls" | "tcp";
    /** The callers' namespace, where routes are for some namespaces only; `*` stands for those that none names. */
    readonly from?: string;
}

/** A request at a place that meets no condition of any rule. */
export function anyRequest({ host, entry, from }: Place): Kind {
    return {
        entry,
        uri: [{ prefix: "/" }],
        method: [],
        authority: [{ exact: host }],
        scheme: [],
        headers: {},
        queryParams: {},
        sourceLabels: {},
        ...(from !== undefined && { sourceNamespace: from }),
        sni: host,
    };
}

/**
 * The kinds of request that rules before and after tell apart: for each pair of a block of conditions from either side those that
 * meet both, and those that meet no more than one. What a request meets is set by the rule that takes it before and the rule that
 * takes it after, so that no product of all conditions is needed. A pair that can't be shown to be empty counts.
 *
 * @param ports those to which requests can come, where they are known: each is a kind of its own where rules tell ports apart. Where
 * they are not, as at a gateway, those that rules name, and any other.
 */
export function kindsOf(
    place: Place,
    before: readonly Match[],
    after: readonly Match[],
    ports: readonly number[] = [],
): Kind[] {
    const bare = anyRequest(place);
    const told = new Set([...before, ...after].flatMap(({ port }) => port ?? []));
    const asPorts = told.size === 0 ? [undefined] : ports.length > 0 ? ports : [...told, undefined];
    const named = [...before, ...after].some(isByName) ? namesOf(place) : [place.host];
    const asked = named
        .map((name): Kind => ({ ...bare, authority: [{ exact: name }] }))
        .flatMap((kind) => asPorts.map((port): Kind => (port === undefined ? kind : { ...kind, port })));
    const kinds = new Map<string, Kind>();
    for (const some of asked)
        for (const one of blocks(before, place))
            for (const other of blocks(after, place)) {
                const first = narrowed(some, one);
                const both = first && narrowed(first, other);
                if (both && !isExcluded(both, [one, other])) kinds.set(canonical(both as unknown as Value), both);
            }
    return [...kinds.values()];
}

/** Whether a block asks by which of its names a Service was called. */
function isByName({ authority, headers = {}, withoutHeaders = {} }: Match): boolean {
    const names = Object.keys({ ...headers, ...withoutHeaders }).map((name) => name.toLowerCase());
    return authority !== undefined || names.includes("host") || names.includes(":authority");
}

/** The names by which callers in the mesh ask for a place: a Service has short ones. */
function namesOf({ host, entry }: Place): string[] {
    const service = entry === "mesh" ? serviceNamed(host) : undefined;
    if (!service) return [host];
    const { name, namespace } = service;
    return [host, name, `${name}.${namespace}`, `${name}.${namespace}.svc`];
}

/**
 * Blocks of conditions, no condition at all, what a block excludes (those who have it meet another rule), and the callers that a
 * block is for: their proxies have the rule, and so none but the rules for what it does not take.
 */
function blocks(matches: readonly Match[], place: Place): Match[] {
    const excluded = matches.flatMap(({ withoutHeaders = {} }) =>
        Object.entries(withoutHeaders).map(([name, value]): Match => ({ headers: { [name]: value } })),
    );
    const callers = matches.flatMap(({ gateways, sourceLabels, sourceNamespace }): Match[] =>
        gateways?.length || (!sourceLabels && !sourceNamespace) ? [] : [{ sourceLabels, sourceNamespace }],
    );
    const all = [{}, ...matches, ...excluded, ...callers].filter((match) => isFor(match, place));
    return [...new Map(all.map((match) => [JSON.stringify(match), match])).values()];
}

/** Whether a block of conditions is for the callers of a place at all. */
function isFor(match: Match, place: Place): boolean {
    return !match.gateways?.length || source(match, anyRequest(place)).holds;
}

/** The requests of a kind that meet more conditions; undefined where there can be none. */
export function narrowed(kind: Kind, match: Match): Kind | undefined {
    const isSourced = !match.gateways?.length;
    const ignoresCase = match.ignoreUriCase === true && match.uri?.regex === undefined;
    const parts = {
        uri: both(kind.uri, match.uri && ignoresCase ? { ...match.uri, ignoresCase } : match.uri),
        method: both(kind.method, match.method),
        authority: both(kind.authority, match.authority),
        scheme: both(kind.scheme, match.scheme),
        headers: bothOf(kind.headers, lowerCased(match.headers)),
        queryParams: bothOf(kind.queryParams, match.queryParams),
        sourceLabels: sameLabels(kind.sourceLabels, isSourced ? match.sourceLabels : undefined),
    };
    const { uri: path, method, authority, scheme, headers, queryParams, sourceLabels } = parts;
    if (!path || !method || !authority || !scheme || !headers || !queryParams || !sourceLabels) return undefined;
    const [port, sourceNamespace] = [
        match.port ?? kind.port,
        isSourced ? (match.sourceNamespace ?? kind.sourceNamespace) : kind.sourceNamespace,
    ];
    if (kind.port !== undefined && port !== kind.port) return undefined;
    if (kind.sourceNamespace !== undefined && kind.sourceNamespace !== "*" && sourceNamespace !== kind.sourceNamespace)
        return undefined;
    return {
        ...kind,
        uri: path,
        method,
        authority,
        scheme,
        headers,
        queryParams,
        sourceLabels,
        ...(port !== undefined && { port }),
        ...(sourceNamespace !== undefined && { sourceNamespace }),
    };
}

/** Whether what a kind has is just what a block of its own excludes. */
function isExcluded({ headers }: Kind, matches: readonly Match[]): boolean {
    return matches.some(({ withoutHeaders = {} }) =>
        Object.entries(withoutHeaders).some(([name, unwanted]) =>
            (headers[name.toLowerCase()] ?? []).some((known) => implies(known, unwanted)),
        ),
    );
}

/** Headers that clients send of themselves, or that proxies set: to have one is no choice of the user's. */
export const commonHeaders =
    /^(:.*|host|accept(-.*)?|user-agent|connection|content-.*|authorization|cache-control|pragma|date|expect|from|if-.*|origin|range|referer|te|trailer|transfer-encoding|upgrade(-.*)?|via|warning|dnt|priority|sec-.*|x-forwarded-.*|x-real-ip|x-request-id|x-envoy-.*|x-b3-.*|b3|traceparent|tracestate|baggage|cookie|forwarded)$/;

/** What is known of those who send requests. */
export interface Senders {
    /** Headers that routes themselves give to requests, in lower case. */
    readonly givenHeaders: ReadonlySet<string>;
    /** Cookies that routes themselves give to users. */
    readonly givenCookies: ReadonlySet<string>;
    /** Whether pods with these labels carry the requests of users. */
    readonly serve: (labels: Readonly<Record<string, string>>) => boolean;
}

/**
 * Whether whoever sends requests of a kind does so on purpose: by a header or a cookie that no client has of itself and no route
 * gives away, or as a tester's pods, which no Service leads users to. Only such kinds are tests; all others are users.
 */
export function isOptIn({ headers, sourceLabels }: Kind, { givenHeaders, givenCookies, serve }: Senders): boolean {
    const byHeader = Object.keys(headers).some((name) => !commonHeaders.test(name) && !givenHeaders.has(name));
    // Every client calls itself NAME/VERSION; whoever calls himself "debug" means it (seed 002).
    const byName = (headers["user-agent"] ?? []).some(({ exact }) => exact !== undefined && !exact.includes("/"));
    const byCookie = (headers.cookie ?? []).some((value) => isOwnCookie(value, givenCookies));
    const labels = Object.keys(sourceLabels);
    const byPods = labels.length > 0 && !labels.some((label) => /(^|\/)version$/.test(label)) && !serve(sourceLabels);
    return byHeader || byName || byCookie || byPods;
}

/** A cookie that is asked for by its name, and is none that the routes give to everybody. */
function isOwnCookie({ exact, prefix, regex = "" }: StringMatch, given: ReadonlySet<string>): boolean {
    const text = exact ?? prefix ?? regex.replace(/\\(.)/g, "$1");
    const names = [...text.matchAll(/([\w.-]+)=/g)].map(([, name]) => name ?? "");
    return names.length > 0 && !names.some((name) => given.has(name));
}

/** A kind in words: `path /beta, X-group: test`; empty for requests that meet no condition. */
export function describeKind({ uri, method, headers, queryParams, port, sourceLabels, sourceNamespace }: Kind): string {
    const named = (name: string, values: readonly StringMatch[]): string =>
        `${name}: ${values.map(inWords).join(" and ")}`;
    const paths = uri.filter(({ prefix }) => prefix !== "/");
    return [
        ...(paths.length > 0 ? [`path ${paths.map(pathInWords).join(" and ")}`] : []),
        ...(method.length > 0 ? [`method ${method.map(inWords).join(" and ")}`] : []),
        ...Object.entries(headers).map(([name, values]) => named(name, values)),
        ...Object.entries(queryParams).map(([name, values]) => named(`?${name}`, values)),
        ...(port === undefined ? [] : [`port ${port}`]),
        ...Object.entries(sourceLabels).map(([name, value]) => `callers labelled ${name}=${value}`),
        ...(sourceNamespace === undefined || sourceNamespace === "*"
            ? []
            : [`callers in namespace ${sourceNamespace}`]),
    ].join(", ");
}

function pathInWords(path: Known): string {
    return path.ignoresCase ? `${inWords(path)} in any case` : inWords(path);
}

function both(known: readonly Known[], more: Known | undefined): readonly Known[] | undefined {
    if (!more) return known;
    if (known.some((one) => contradicts(one, more))) return undefined;
    if (known.some((one) => implies(one, more) && !isPresence(one))) return known;
    return [...known.filter((one) => !implies(more, one)), more];
}

function bothOf(known: Kind["headers"], more: Readonly<Record<string, StringMatch>> = {}): Kind["headers"] | undefined {
    const all: Record<string, readonly StringMatch[]> = { ...known };
    for (const [name, value] of Object.entries(more)) {
        const found = both(all[name] ?? [], value);
        if (!found) return undefined;
        all[name] = found;
    }
    return all;
}

/** Whether no value can meet both: of regular expressions that can't be shown, so they count as if one could. */
function contradicts(one: Known, other: Known): boolean {
    if (isPresence(one) || isPresence(other)) return false;
    if (one.ignoresCase || other.ignoresCase)
        return one.regex === undefined && other.regex === undefined && contradicts(folded(one), folded(other));
    if (one.exact !== undefined) return !fits(other, one.exact);
    if (other.exact !== undefined) return !fits(one, other.exact);
    if (one.prefix !== undefined && other.prefix !== undefined)
        return !one.prefix.startsWith(other.prefix) && !other.prefix.startsWith(one.prefix);
    return false;
}

function sameLabels(
    known: Readonly<Record<string, string>>,
    more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> | undefined {
    const differs = Object.entries(more).some(([label, value]) => known[label] !== undefined && known[label] !== value);
    return differs ? undefined : { ...known, ...more };
}

function lowerCased(headers: Readonly<Record<string, StringMatch>> = {}): Record<string, StringMatch> {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
