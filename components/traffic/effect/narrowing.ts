import { fit } from "../world/hosts";
import type { Match, StringMatch } from "../world/istio";
import { fieldOf } from "./headerValues";
import type { Kind } from "./kind";
import { isWithout, subnetsOf } from "./matching";
import { contradicts, implies, isPresence, type Known } from "./texts";

/** The requests of a kind that meet more conditions; undefined where there can be none. */
export function narrowed(kind: Kind, match: Match): Kind | undefined {
    const { gateways = [] } = match;
    const isSourced = gateways.length === 0;
    if (!isSourced && !gateways.includes(kind.entry)) return undefined;
    const asked = askedBy(match);
    const uri = all(kind.uri, asked.uri);
    const method = all(kind.method, asked.method);
    const authority = all(kind.authority, asked.authority);
    const scheme = all(kind.scheme, asked.scheme);
    const headers = allOf(kind.headers, asked.headers);
    const queryParams = allOf(kind.queryParams, Object.entries(match.queryParams ?? {}));
    const sourceLabels = sameLabels(kind.sourceLabels, isSourced ? match.sourceLabels : undefined);
    if (!uri || !method || !authority || !scheme || !headers || !queryParams || !sourceLabels) return undefined;
    if (asked.hasNoQuery && Object.keys(queryParams).length > 0) return undefined;
    const name = kind.sni ?? kind.host;
    const sni = match.sniHosts?.length ? nameWithin(name, match.sniHosts) : name;
    if (match.sniHosts?.length && sni === undefined) return undefined;
    const [port, sourceNamespace] = [
        match.port ?? kind.port,
        isSourced ? (match.sourceNamespace ?? kind.sourceNamespace) : kind.sourceNamespace,
    ];
    if (kind.port !== undefined && port !== kind.port) return undefined;
    if (kind.sourceNamespace !== undefined && kind.sourceNamespace !== "*" && sourceNamespace !== kind.sourceNamespace)
        return undefined;
    const narrow: Kind = {
        ...kind,
        uri,
        method,
        authority,
        scheme,
        headers,
        queryParams,
        sourceLabels,
        ...(port !== undefined && { port }),
        ...(sourceNamespace !== undefined && { sourceNamespace }),
        ...(sni !== undefined && sni !== name && { sni }),
        ...(match.destinationSubnets?.length && { subnets: withSubnets(kind, match) }),
    };
    return isWithout(narrow, match) ? narrow : undefined;
}

/** What a block asks of each part of a request. */
interface Asks {
    readonly uri: readonly Known[];
    readonly method: readonly StringMatch[];
    readonly authority: readonly StringMatch[];
    readonly scheme: readonly StringMatch[];
    /** By their names in lower case. */
    readonly headers: readonly (readonly [string, StringMatch])[];
    /** Whether it asks for a path that has no query. */
    readonly hasNoQuery: boolean;
}

/**
 * What a block asks, with its conditions on `:path`, `:method`, `:scheme`, `:authority` and `host` beside those on the parts of a
 * request that these are. Where it has both forms, both must hold.
 */
function askedBy({ uri, method, authority, scheme, headers = {}, ignoreUriCase }: Match): Asks {
    const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const);
    const of = (field: ReturnType<typeof fieldOf>): StringMatch[] =>
        named.flatMap(([name, value]) => (fieldOf(name) === field ? [value] : []));
    const ignoresCase = ignoreUriCase === true && uri?.regex === undefined;
    const paths = of("uri");
    return {
        uri: [...(uri ? [ignoresCase ? { ...uri, ignoresCase } : uri] : []), ...paths.flatMap(barePath)],
        method: [...(method ? [method] : []), ...of("method")],
        authority: [...(authority ? [authority] : []), ...of("authority")],
        scheme: [...(scheme ? [scheme] : []), ...of("scheme")],
        headers: [
            ...named.filter(([name]) => fieldOf(name) === undefined),
            ...paths.filter(isOfQuery).map((path) => [":path", path] as const),
        ],
        hasNoQuery: paths.some(({ exact }) => exact !== undefined && !exact.includes("?")),
    };
}

/** What a condition on the path with its query says of the path alone; nothing where it can't be told. */
function barePath({ exact, prefix }: StringMatch): StringMatch[] {
    if (exact !== undefined) return [{ exact: exact.replace(/\?.*$/s, "") }];
    if (prefix === undefined) return [];
    return [prefix.includes("?") ? { exact: prefix.replace(/\?.*$/s, "") } : { prefix }];
}

/** Whether a condition on `:path` may be one on the query, too. */
function isOfQuery(path: StringMatch): boolean {
    const text = path.exact ?? path.prefix;
    return text === undefined ? !isPresence(path) : text.includes("?");
}

/** The name that a client may ask for beside what is known of it: that itself where one of some names covers it, else the first within it. */
function nameWithin(known: string | undefined, names: readonly string[]): string | undefined {
    if (known === undefined) return names[0];
    return names.some((name) => fit(name, known) !== undefined)
        ? known
        : names.find((name) => fit(known, name) !== undefined);
}

function withSubnets({ subnets = [] }: Kind, match: Match): string[] {
    return [...new Set([...subnets, subnetsOf(match)])].sort();
}

/** What is known of a value beside some conditions; undefined where none can meet all. */
function all(known: readonly Known[], more: readonly Known[]): readonly Known[] | undefined {
    return more.reduce<readonly Known[] | undefined>((found, one) => found && both(found, one), known);
}

function both(known: readonly Known[], more: Known): readonly Known[] | undefined {
    if (known.some((one) => contradicts(one, more))) return undefined;
    if (known.some((one) => implies(one, more) && !isPresence(one))) return known;
    return [...known.filter((one) => !implies(more, one)), more];
}

function allOf(known: Kind["headers"], more: readonly (readonly [string, StringMatch])[]): Kind["headers"] | undefined {
    const values: Record<string, readonly StringMatch[]> = { ...known };
    for (const [name, value] of more) {
        const found = both(values[name] ?? [], value);
        if (!found) return undefined;
        values[name] = found;
    }
    return values;
}

function sameLabels(
    known: Readonly<Record<string, string>>,
    more: Readonly<Record<string, string>> = {},
): Readonly<Record<string, string>> | undefined {
    const differs = Object.entries(more).some(([label, value]) => known[label] !== undefined && known[label] !== value);
    return differs ? undefined : { ...known, ...more };
}
