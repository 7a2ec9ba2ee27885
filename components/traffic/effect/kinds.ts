import type { Match, StringMatch } from "../world/istio";
import { canonical } from "../world/objects";
import type { Value } from "../world/values";
import { excludedBy, having } from "./excluded";
import { hostAsked, hostsAsked } from "./hostsAsked";
import type { Kind, Place, Reached } from "./kind";
import { inWords, isWithout } from "./matching";
import { narrowed } from "./narrowing";
import { cookiesNamed, type Known } from "./texts";

/** A request at a place that meets no condition of any rule. */
export function anyRequest(place: Place): Kind {
    const { host, entry, from } = place;
    return {
        entry,
        uri: [{ prefix: "/" }],
        method: [],
        authority: hostAsked(host),
        scheme: [],
        headers: {},
        queryParams: {},
        sourceLabels: {},
        ...(from !== undefined && { sourceNamespace: from }),
        host,
    };
}

/** How requests come to a place. */
export interface Arrivals {
    /**
     * The ports that they call, where these are known: each is a kind of its own where rules tell ports apart. Where they are not, as at
     * a gateway, those that rules name, and any other.
     */
    readonly ports?: readonly number[];
    /** Those ports that are told apart whatever rules say, since what is behind them changes: what it is before. */
    readonly changed?: ReadonlyMap<number, Reached>;
    /** Whether they come whatever host they ask for. */
    readonly isForAnyHost?: boolean;
}

/**
 * The kinds of request that rules before and after tell apart: for each pair of a block of conditions from either side those that
 * meet both, and those that meet no more than one. What a request meets is set by the rule that takes it before and the rule that
 * takes it after, so that no product of all conditions is needed. A pair that can't be shown to be empty counts.
 *
 * What blocks exclude is another matter: whoever has it passes by a rule above that takes all others, and so each pair is told apart
 * by it as well.
 *
 * @param arrivals what else is known of how requests come to the place.
 */
export function kindsOf(
    place: Place,
    before: readonly Match[],
    after: readonly Match[],
    { ports = [], changed = new Map(), isForAnyHost = false }: Arrivals = {},
): Kind[] {
    const matches = [...before, ...after];
    // Nothing else tells them apart at most places.
    if (matches.length === 0) return askedAt(place, matches, { ports, changed, isForAnyHost });
    const excluded = distinct(matches.flatMap(excludedBy));
    const [ones, others] = [blocks(before), blocks(after)];
    const kinds = new Map<string, Kind>();
    for (const some of askedAt(place, matches, { ports, changed, isForAnyHost }))
        for (const one of ones) {
            const first = narrowed(some, one);
            for (const other of first ? others : []) {
                const both = first && narrowed(first, other);
                if (!both || !isWithout(both, one)) continue;
                for (const kind of [both, ...having(both, excluded, [one, other])])
                    kinds.set(canonical(kind as unknown as Value), kind);
            }
        }
    return [...kinds.values()];
}

/** Requests by the name and the port that they are for, as far as rules tell these apart. */
function askedAt(
    place: Place,
    matches: readonly Match[],
    { ports, changed, isForAnyHost }: Required<Arrivals>,
): Kind[] {
    const told = new Set(matches.flatMap(({ port }) => port ?? []));
    const named = ports.length > 0 ? ports : [...told, undefined];
    const asPorts = told.size > 0 ? named : [undefined, ...changed.keys()];
    const bare = anyRequest(place);
    return asPorts.flatMap((port) => {
        const reached = port === undefined ? undefined : changed.get(port);
        return hostsAsked(place, matches, port === undefined ? ports : [port], isForAnyHost).map((authority): Kind => ({
            ...bare,
            authority,
            ...(port !== undefined && { port }),
            ...(reached && { reached }),
        }));
    });
}

/**
 * Blocks of conditions, no condition at all, and the callers that a block is for: their proxies have the rule, and so none but the
 * rules for what it does not take.
 */
function blocks(matches: readonly Match[]): Match[] {
    const callers = matches.flatMap(({ gateways, sourceLabels, sourceNamespace }): Match[] =>
        gateways?.length || (!sourceLabels && !sourceNamespace) ? [] : [{ sourceLabels, sourceNamespace }],
    );
    return distinct([{}, ...matches.flatMap(bySingleName), ...callers]);
}

/** A block for several TLS names is one for each of them. */
function bySingleName(match: Match): Match[] {
    const { sniHosts = [] } = match;
    return sniHosts.length < 2 ? [match] : sniHosts.map((name) => ({ ...match, sniHosts: [name] }));
}

function distinct(matches: readonly Match[]): Match[] {
    return [...new Map(matches.map((match) => [JSON.stringify(match), match])).values()];
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
function isOwnCookie(value: StringMatch, given: ReadonlySet<string>): boolean {
    const names = cookiesNamed(value);
    return names.length > 0 && !names.some((name) => given.has(name));
}

/** A kind in words: `path /beta, X-group: test`; empty for requests that meet no condition. */
export function describeKind(kind: Kind): string {
    const { uri, method, scheme, authority, headers, queryParams, port, sourceLabels, sourceNamespace } = kind;
    const { host, sni, subnets = [] } = kind;
    const isByHost = host !== undefined && JSON.stringify(authority) !== JSON.stringify(hostAsked(host));
    const named = (name: string, values: readonly StringMatch[]): string =>
        `${name}: ${values.map(inWords).join(" and ")}`;
    const paths = uri.filter(({ prefix }) => prefix !== "/");
    return [
        ...(paths.length > 0 ? [`path ${paths.map(pathInWords).join(" and ")}`] : []),
        ...(method.length > 0 ? [`method ${method.map(inWords).join(" and ")}`] : []),
        ...(scheme.length > 0 ? [`scheme ${scheme.map(inWords).join(" and ")}`] : []),
        ...(isByHost ? [`host ${authority.map(inWords).join(" and ")}`] : []),
        ...(sni === undefined ? [] : [`TLS name ${sni}`]),
        ...subnets.map((some) => `to ${some}`),
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
