import { RE2JS } from "re2js";
import type { HeaderMatch, RouteMatch, ValueMatch, VirtualHost } from "./envoy";
import type { StringMatch } from "./istio";
import type { Request } from "./manifest";
import { withoutPort } from "./names";

/** The virtual host of a Host header: its own name first, then the longest `*.name`, then `*`. (Envoy: HTTP route matching) */
export function virtualHostFor(host: string, virtualHosts: readonly VirtualHost[]): VirtualHost | undefined {
    const name = withoutPort(host);
    const [best] = virtualHosts
        .flatMap((one) => one.domains.map((domain) => ({ one, domain })))
        .filter(({ domain }) => covers(domain, name))
        // An exact name is longer than any wildcard that covers it could be right about: it comes first.
        .sort((a, b) => Number(isWild(a.domain)) - Number(isWild(b.domain)) || b.domain.length - a.domain.length);
    return best?.one;
}

function isWild(domain: string): boolean {
    return domain.startsWith("*");
}

/** A wildcard stands for one character at least. */
function covers(domain: string, name: string): boolean {
    if (domain === "*" || domain === name) return true;
    return isWild(domain) && name.length >= domain.length && name.endsWith(domain.slice(1));
}

/** All parts of a match must hold. */
export function matches(match: RouteMatch, request: Request): boolean {
    return (
        pathMatches(match, request.path) &&
        match.headers.every((one) => headerMatches(one, request)) &&
        match.query.every(({ name, value }) => valueMatches(value, queryValue(request.path, name)))
    );
}

/** A path is looked at without its query; a regular expression minds the case whatever else is said. */
function pathMatches({ path, ignoreCase }: RouteMatch, full: string): boolean {
    const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text);
    const own = pathOnly(full);
    if (path.regex !== undefined) return fullMatch(path.regex, own);
    if (path.exact !== undefined) return fold(own) === fold(path.exact);
    return fold(own).startsWith(fold(path.prefix ?? "/"));
}

export function pathOnly(path: string): string {
    return path.replace(/[?#].*$/s, "");
}

/** In an inverted match, a header that is missing is an empty one; for mere presence it is what it is: missing. */
function headerMatches({ name, value, inverted }: HeaderMatch, request: Request): boolean {
    const sent = headerValue(name, request);
    if (!inverted) return valueMatches(value, sent);
    return value === "present" ? sent === undefined : !valueMatches(value, sent ?? "");
}

function headerValue(name: string, request: Request): string | undefined {
    // `host` is another name of `:authority` in Envoy; the two `x-` headers it sets itself before it looks for a route.
    const own: Record<string, string> = {
        ":method": request.method,
        ":authority": request.host,
        host: request.host,
        ":path": request.path,
        ":scheme": request.tls ? "https" : "http",
        "x-forwarded-proto": request.tls ? "https" : "http",
        "x-request-id": "00000000-0000-4000-8000-000000000000",
    };
    const sent = Object.entries(request.headers).filter(([key]) => key.toLowerCase() === name);
    return own[name] ?? (sent.length > 0 ? sent.map(([, value]) => value).join(",") : undefined);
}

/** The first value of a name in a path's query, as it is written; "" where it has none. */
function queryValue(path: string, name: string): string | undefined {
    const query = path.replace(/#.*$/s, "").split("?").slice(1).join("?");
    const pair = query.split("&").find((one) => one.split("=")[0] === name && one !== "");
    return pair?.split("=").slice(1).join("=");
}

function valueMatches(match: ValueMatch, value: string | undefined): boolean {
    if (value === undefined) return false;
    return match === "present" || textMatches(match, value);
}

/** Does a text fulfil a condition on it? */
export function textMatches({ exact, prefix, regex }: StringMatch, text: string): boolean {
    if (exact !== undefined) return text === exact;
    if (prefix !== undefined) return text.startsWith(prefix);
    return fullMatch(regex ?? "", text);
}

/** RE2's FullMatch: the whole text, and `.` is no line end. */
function fullMatch(regex: string, text: string): boolean {
    const known = compiled.get(regex) ?? RE2JS.compile(regex);
    compiled.set(regex, known);
    return known.matches(text);
}

const compiled = new Map<string, RE2JS>();
