import { releaseHeader } from "../../components/traffic/split/destinations";
import type { Change as Effect } from "../../components/traffic/effect/changes";
import { hostAsked } from "../../components/traffic/effect/hostsAsked";
import type { Kind } from "../../components/traffic/effect/kind";
import { inWords } from "../../components/traffic/effect/matching";
import type { StringMatch } from "../../components/traffic/world/istio";
import { bodiesAt, bodyAt, textAt } from "../../components/traffic/world/values";
import type { Change } from "./events";

/** The names of headers as people have written them, by what routes have: lower case. */
export type HeaderNames = ReadonlyMap<string, string>;

/** Headers' names as the program gave them to its splits, and as routes that others have written have them. */
export function headerNames(changes: readonly Change[]): HeaderNames {
    const sides = changes.flatMap(({ type, new: next, old }) =>
        [next, old].map((side) => ({ type, body: side?.body })),
    );
    const names = sides.flatMap(({ type, body }) => {
        if (type === "upshift:index:TrafficSplit")
            return [
                textAt(body, "canaryHeader", "name") ?? [],
                bodiesAt(body, "routing", "canaryMatch", "any").flatMap((any) => Object.keys(bodyAt(any, "headers"))),
            ].flat();
        if (!type.endsWith(":VirtualService")) return [];
        const matches = bodiesAt(body, "spec", "http").flatMap((rule) => bodiesAt(rule, "match"));
        return matches.flatMap((match) => Object.keys(bodyAt(match, "headers")));
    });
    // Whoever writes a name in capitals means it so.
    const written = names.sort((one, other) => (one < other ? 1 : -1));
    return new Map(written.map((name) => [name.toLowerCase(), name]));
}

/** The requests of a kind, in words: `requests with X-group: test`, `users whom v1 has served before`. */
export function who({ kind, via, isOptIn, place }: Effect, names: HeaderNames): string {
    const { [releaseHeader]: release, cookie, ...headers } = kind.headers;
    const given = release?.[0]?.exact;
    const kept = isOptIn ? undefined : cookie?.map(({ regex }) => cookieOf(regex)).find((found) => found);
    const rest = conditionsOf(
        {
            ...kind,
            headers: {
                ...headers,
                ...(release && given === undefined && { [releaseHeader]: release }),
                ...(cookie && !kept && { cookie }),
            },
        },
        names,
        isOfNamespace(kind, place),
    );
    const subject =
        via !== undefined
            ? `requests by way of ${via}`
            : given !== undefined
              ? `requests that the edge has given to ${given}`
              : kept
                ? keptUsers(kept)
                : "requests";
    return [subject, ...rest].join(" ") || subject;
}

/** Every condition of a kind, as a text of its own: a kind that has all those of another is a part of it. */
export function partsOf({ kind, via, place }: Effect): string[] {
    const listed = (name: string, values: readonly StringMatch[]): string[] =>
        values.map((value) => `${name} ${JSON.stringify(value)}`);
    return [
        ...listed("path", pathsOf(kind)),
        ...listed("method", kind.method),
        ...listed("host", hostsOf(kind)),
        ...(kind.sni === undefined ? [] : [`TLS name ${kind.sni}`]),
        ...Object.entries(kind.headers).flatMap(([name, values]) => listed(`header ${name}`, values)),
        ...Object.entries(kind.queryParams).flatMap(([name, values]) => listed(`?${name}`, values)),
        ...Object.entries(kind.sourceLabels).map(([label, value]) => `from ${label}=${value}`),
        ...(kind.port === undefined ? [] : [`port ${kind.port}`]),
        ...(isOfNamespace(kind, place) ? [`namespace ${kind.sourceNamespace}`] : []),
        ...(via === undefined ? [] : [`via ${via}`]),
    ];
}

/** Whether a kind is told apart by the callers' namespace, beyond its place. */
function isOfNamespace({ sourceNamespace }: Kind, { from }: Effect["place"]): boolean {
    return sourceNamespace !== undefined && sourceNamespace !== from;
}

function conditionsOf(kind: Kind, names: HeaderNames, isOfNamespace: boolean): string[] {
    const { method, headers, queryParams, port, sourceLabels, sni } = kind;
    const all = (values: readonly StringMatch[]): string => values.map(inWords).join(" and ");
    const [paths, hosts] = [pathsOf(kind), hostsOf(kind)];
    return [
        ...Object.entries(headers).map(([name, values]) => `with ${described(names.get(name) ?? name, values)}`),
        ...Object.entries(queryParams).map(([name, values]) => `with ?${name}=${all(values)}`),
        ...(paths.length > 0 ? [`for ${all(paths)}`] : []),
        ...(method.length > 0 ? [`by ${all(method)}`] : []),
        ...(hosts.length > 0 ? [`to host ${all(hosts)}`] : []),
        ...(sni === undefined ? [] : [`with TLS name ${sni}`]),
        ...(port === undefined ? [] : [`at port ${port}`]),
        ...Object.entries(sourceLabels).map(([label, value]) => `from pods with ${label}=${value}`),
        ...(isOfNamespace ? [`from namespace ${kind.sourceNamespace}`] : []),
    ];
}

/** The host that they ask for, where it is not just that of their place. */
function hostsOf({ authority, host }: Kind): readonly StringMatch[] {
    return host !== undefined && JSON.stringify(authority) !== JSON.stringify(hostAsked(host)) ? authority : [];
}

function pathsOf({ uri }: Kind): StringMatch[] {
    return uri.filter(({ prefix }) => prefix !== "/");
}

/** A cookie is one header's regular expression to Istio, and a name and a value to people. */
function described(header: string, values: readonly StringMatch[]): string {
    const words = values.map((value) => {
        const cookie = header === "cookie" ? cookieOf(value.regex) : undefined;
        if (!cookie) return `${header}: ${inWords(value)}`;
        return cookie.value === undefined ? `cookie ${cookie.name}` : `cookie ${cookie.name}=${cookie.value}`;
    });
    return words.join(" and ");
}

function keptUsers({ value }: { value?: string }): string {
    return value === undefined ? "users with the cookie of a version" : `users whom ${value} has served before`;
}

function cookieOf(regex = ""): { name: string; value?: string } | undefined {
    const [, name, text] = /^\(\.\*;\\s\*\)\?(.+?)=(.+)\(;\.\*\)\?$/.exec(regex) ?? [];
    if (!name || !text) return undefined;
    return text === "[^;]*" ? { name } : { name, value: text.replace("[^;]*", "…").replace(/\\(.)/g, "$1") };
}
