import { type Destination, destinationsOf, hostsOf, lists, releaseOf, type Routes } from "./ruleDestinations";
import { bodiesAt, type Body, bodyAt, isBody, textAt, type Value, valueAt } from "./values";
import type { VersionName, Weights } from "../split/weights";

export { type Destination, hostsOf, type Routes } from "./ruleDestinations";

/** A rule of a VirtualService: http, tls or tcp. */
export interface Rule {
    readonly name: string;
    readonly list: (typeof lists)[number];
    /** Whom it serves. */
    readonly serves: "everybody" | "testers" | "some";
    /** Its conditions in one form, so that equal ones are equal texts; empty for everybody. */
    readonly conditions: string;
    /** Whether one way to meet it is to ask for it: by a header, a cookie or the like. */
    readonly isAskedFor: boolean;
    readonly destinations: readonly Destination[];
    readonly body: Body;
}

/** How the requests for a host that no tester sends are shared between versions. */
export interface Split {
    readonly host: string;
    /** The conditions of the rule; empty for the one that serves everybody. */
    readonly conditions: string;
    readonly weights: Weights;
    /** Whether it decides for a chain: its versions are releases, which services behind it follow. */
    readonly decides: boolean;
    /** Versions that testers reach: requests with a header, a cookie or the like. */
    readonly reachableByHeader: readonly VersionName[];
}

/** The rules of a VirtualService in the order in which they are tried. What follows a rule for everybody never serves. */
export function rulesOf(routes: Routes): Rule[] {
    return lists.flatMap((list) =>
        bodiesAt(routes.body, "spec", list).map((body, index) => ruleOf(body, index, list, routes)),
    );
}

/** The splits of a host in a VirtualService. */
export function splitsOf(routes: Routes): Split[] {
    const rules = servingRules(routes);
    const reachableByHeader = [
        ...new Set(
            rules
                .filter((rule) => rule.isAskedFor)
                .flatMap((rule) => rule.destinations.filter(({ share }) => share > 0).map(({ version }) => version)),
        ),
    ];
    return rules
        .filter((rule) => rule.serves !== "testers" && rule.destinations.length > 0)
        .flatMap((rule) =>
            hostsOf(routes).map((host) => ({
                host,
                conditions: rule.conditions,
                weights: weightsOf(rule.destinations),
                decides: bodiesAt(rule.body, "route").some((one) => releaseOf(one) !== undefined),
                reachableByHeader,
            })),
        );
}

function servingRules(routes: Routes): Rule[] {
    const rules = rulesOf(routes);
    return lists.flatMap((list) => {
        const own = rules.filter((rule) => rule.list === list);
        const last = own.findIndex((rule) => rule.serves === "everybody");
        return last < 0 ? own : own.slice(0, last + 1);
    });
}

function weightsOf(destinations: readonly Destination[]): Weights {
    const weights: Record<VersionName, number> = {};
    for (const { version, share } of destinations) weights[version] = (weights[version] ?? 0) + share;
    return weights;
}

function ruleOf(body: Body, index: number, list: Rule["list"], routes: Routes): Rule {
    const matches = bodiesAt(body, "match");
    const serves =
        matches.length === 0 || matches.some(matchesAll) ? "everybody" : matches.every(isTesters) ? "testers" : "some";
    return {
        name: textAt(body, "name") ?? `rule ${index + 1}`,
        list,
        serves,
        isAskedFor: matches.some(isTesters),
        conditions:
            serves === "everybody"
                ? ""
                : canonical(matches.filter((match) => !isTesters(match) || serves === "testers")),
        destinations: destinationsOf(body, routes),
        body,
    };
}

/** Conditions that every request meets. */
function matchesAll(match: Body): boolean {
    return Object.entries(match).every(([field, value]) => {
        if (field === "name" || field === "ignoreUriCase" || field === "statPrefix") return true;
        if (field === "uri" || field === "authority") return isAnything(value);
        if (field === "headers" || field === "queryParams")
            return isBody(value) && Object.values(value).every(isAnything);
        return false;
    });
}

/** Requests that say themselves where they want to go: by a header, a cookie, a parameter, or as pods of a version. */
function isTesters(match: Body): boolean {
    const headers = Object.entries(bodyAt(match, "headers")).filter(
        ([name]) => !name.startsWith(":") && name !== "host",
    );
    const parameters = Object.entries(bodyAt(match, "queryParams"));
    const byValue = [...headers, ...parameters].some(([, value]) => !isAnything(value));
    return byValue || valueAt(match, "sourceLabels", "version") !== undefined;
}

/** A StringMatch that holds for every text. */
function isAnything(value: Value): boolean {
    if (!isBody(value)) return false;
    const { exact, prefix, regex } = value;
    if (exact !== undefined) return false;
    if (prefix !== undefined) return prefix === "" || prefix === "/";
    return regex === undefined || (typeof regex === "string" && /^\^?\(?\/?\.[*+]\)?\$?$/.test(regex));
}

function canonical(value: Value): string {
    if (Array.isArray(value)) return `[${value.map(canonical).sort().join(",")}]`;
    if (!isBody(value)) return JSON.stringify(value) ?? "null";
    const fields = Object.keys(value)
        .filter((field) => field !== "name")
        .sort();
    return `{${fields.map((field) => `${field}: ${canonical(value[field])}`).join(", ")}}`;
}
