import { RE2JS } from "re2js";
import type { HttpMatch, StringMatch } from "../world/istio";
import type { Problem } from "./problem";
import type { VersionName } from "./weights";

/** Requests of these kinds reach version `to`, whatever the weights. */
export interface CanaryMatch {
    /** A request that fits any of these. */
    any: RequestMatch[];
    /** The version that gets them. */
    to: VersionName;
}

/** All that is named must hold. */
export interface RequestMatch {
    /** By header name; case does not matter. */
    headers?: Record<string, StringMatch> | undefined;
    /** By cookie name; one cookie. */
    cookies?: Record<string, StringMatch> | undefined;
    /** The path, without what is asked after `?`. */
    path?: StringMatch | undefined;
    /** The method: `{ exact: "GET" }`. */
    method?: StringMatch | undefined;
    /** Labels of the pods that call. */
    sourceLabels?: Record<string, string> | undefined;
}

/** The matches of a VirtualService's rule. HTTP/2 has header names in lower case only, and Istio compares them as written. */
export function matchesFor(canary: CanaryMatch): HttpMatch[] {
    return canary.any.map(({ headers = {}, cookies = {}, path, method, sourceLabels }) => {
        const named = Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]);
        const cookie = Object.entries(cookies).map(([name, value]) => ["cookie", { regex: cookieRegex(name, value) }]);
        const all = Object.fromEntries([...named, ...cookie]) as Record<string, StringMatch>;
        return {
            ...(path && { uri: path }),
            ...(method && { method }),
            ...(Object.keys(all).length > 0 && { headers: all }),
            ...(sourceLabels && { sourceLabels }),
        };
    });
}

/** What the header `cookie` must look like for one of its cookies to have such a value; without a value, any. */
export function cookieRegex(name: string, value?: StringMatch): string {
    return `(.*;\\s*)?${literalRegex(name)}=${valueRegex(value)}(;.*)?`;
}

/** @returns every problem of the match; empty when it can be applied. */
export function canaryMatchProblems(at: string, { any, to }: CanaryMatch, versions: readonly VersionName[]): Problem[] {
    const problems = any.flatMap((match, index) => matchProblems(`${at}.any[${index}]`, match));
    if (any.length === 0) problems.push({ at: `${at}.any`, message: "names no requests, and would match none" });
    if (!versions.includes(to))
        problems.push({
            at: `${at}.to`,
            message: `there is no version ${to}; the versions are ${versions.join(", ")}`,
        });
    return problems;
}

function matchProblems(at: string, match: RequestMatch): Problem[] {
    const { headers = {}, cookies = {}, path, method, sourceLabels } = match;
    const problems: Problem[] = [];
    const values: [string, StringMatch][] = [
        ...Object.entries(headers).map(([name, value]): [string, StringMatch] => [`${at}.headers.${name}`, value]),
        ...Object.entries(cookies).map(([name, value]): [string, StringMatch] => [`${at}.cookies.${name}`, value]),
        ...(path ? [[`${at}.path`, path] as [string, StringMatch]] : []),
        ...(method ? [[`${at}.method`, method] as [string, StringMatch]] : []),
    ];
    if (values.length === 0 && Object.keys(sourceLabels ?? {}).length === 0)
        problems.push({ at, message: "says nothing, and would match every request" });
    if (Object.keys(cookies).some((name) => !isToken(name)))
        problems.push({ at: `${at}.cookies`, message: "a cookie without a name can't be matched" });
    if (Object.keys(headers).some((name) => !isToken(name)))
        problems.push({ at: `${at}.headers`, message: "a header without a proper name can't be matched" });
    const readsCookies = Object.keys(headers).some((name) => name.toLowerCase() === "cookie");
    if (Object.keys(cookies).length + Number(readsCookies) > 1)
        problems.push({ at: `${at}.cookies`, message: "a match takes one cookie: Istio compares a header once" });
    return [...problems, ...values.flatMap(([where, value]) => valueProblems(where, value))];
}

function valueProblems(at: string, value: StringMatch): Problem[] {
    const given = Object.entries(value).filter(([, text]) => text !== undefined);
    if (given.length !== 1) return [{ at, message: "needs one of exact, prefix and regex" }];
    const [[kind, text] = ["", ""]] = given;
    if (text === "") return [{ at: `${at}.${kind}`, message: "is empty, and would match every request or none" }];
    return value.regex === undefined ? [] : regexProblems(`${at}.regex`, value.regex);
}

/** What keeps a text from being a regular expression as Istio's proxies read it (RE2): they would refuse all routes that have it. */
export function regexProblems(at: string, regex: string): Problem[] {
    try {
        RE2JS.compile(regex);
        return [];
    } catch (error) {
        const why = (error as Error).message.replace("error parsing regexp: ", "");
        return [{ at, message: `${JSON.stringify(regex)} is no regular expression of RE2: ${why}` }];
    }
}

/** A header's or a cookie's name (RFC 9110, token). */
export function isToken(name: string): boolean {
    return /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(name);
}

function valueRegex(value: StringMatch | undefined): string {
    if (value?.exact !== undefined) return literalRegex(value.exact);
    if (value?.prefix !== undefined) return `${literalRegex(value.prefix)}[^;]*`;
    return value?.regex === undefined ? "[^;]*" : `(?:${value.regex})`;
}

/** A text as a regular expression that fits it alone. */
export function literalRegex(text: string): string {
    return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
