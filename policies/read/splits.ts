import type { VersionName, Weights } from "../../components/traffic/weights";
import { fullHost, hostsOf, shortHost } from "./hosts";
import { bodiesAt, type Body, bodyAt, isBody, type KubeObject, numberAt, textAt, type Value, valueAt } from "./object";

/** Where a rule sends requests. */
export interface Destination {
    /** The full name of the host. */
    readonly host: string;
    readonly subset?: string;
    /** How a step names it: the subset, or the Service where versions are Services of their own. */
    readonly version: VersionName;
    /** Percent of the rule's requests. */
    readonly share: number;
}

/** A rule of a VirtualService: http, tls or tcp. */
export interface Rule {
    readonly name: string;
    /** Whom it serves. */
    readonly serves: "everybody" | "testers" | "some";
    /** Its conditions in one form, so that equal ones are equal texts; empty for everybody. */
    readonly conditions: string;
    readonly destinations: readonly Destination[];
    readonly body: Body;
}

/** How the requests for a host that no tester sends are shared between versions. */
export interface Split {
    readonly host: string;
    /** The conditions of the rule; empty for the one that serves everybody. */
    readonly conditions: string;
    readonly weights: Weights;
    /** Versions that testers reach: requests with a header, a cookie or the like. */
    readonly reachableByHeader: readonly VersionName[];
}

/** The rules of a VirtualService in the order in which they are tried. What follows a rule for everybody never serves. */
export function rulesOf(routes: KubeObject): Rule[] {
    const lists = ["http", "tls", "tcp"].map((list) => bodiesAt(routes.body, "spec", list));
    return lists.flatMap((rules) => rules.map((body, index) => ruleOf(body, index, routes)));
}

/** The splits of a host in a VirtualService. */
export function splitsOf(routes: KubeObject): Split[] {
    const rules = untilEverybody(rulesOf(routes));
    const reachableByHeader = [
        ...new Set(
            rules
                .filter((rule) => rule.serves === "testers")
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
                reachableByHeader,
            })),
        );
}

/** Destinations that get requests: by weight or by header. */
export function servingDestinations(routes: KubeObject): Destination[] {
    return untilEverybody(rulesOf(routes)).flatMap((rule) => rule.destinations.filter(({ share }) => share > 0));
}

function untilEverybody(rules: readonly Rule[]): readonly Rule[] {
    const last = rules.findIndex((rule) => rule.serves === "everybody");
    return last < 0 ? rules : rules.slice(0, last + 1);
}

function weightsOf(destinations: readonly Destination[]): Weights {
    const weights: Record<VersionName, number> = {};
    for (const { version, share } of destinations) weights[version] = (weights[version] ?? 0) + share;
    return weights;
}

function ruleOf(body: Body, index: number, routes: KubeObject): Rule {
    const matches = bodiesAt(body, "match");
    const serves =
        matches.length === 0 || matches.some(matchesAll) ? "everybody" : matches.every(isTesters) ? "testers" : "some";
    return {
        name: textAt(body, "name") ?? `rule ${index + 1}`,
        serves,
        conditions:
            serves === "everybody"
                ? ""
                : canonical(matches.filter((match) => !isTesters(match) || serves === "testers")),
        destinations: destinationsOf(body, routes),
        body,
    };
}

function destinationsOf(body: Body, routes: KubeObject): Destination[] {
    const routed = bodiesAt(body, "route");
    const given = routed.map((one) => numberAt(one, "weight") ?? (routed.length === 1 ? 100 : 0));
    const sum = given.reduce((total, weight) => total + weight, 0);
    const own = hostsOf(routes);
    return routed.map((one, index) => {
        const host = fullHost(textAt(one, "destination", "host") ?? "", routes.namespace);
        const subset = textAt(one, "destination", "subset");
        const service = shortHost(host, routes.namespace);
        const version =
            own.includes(host) || sameHost(routed, routes)
                ? (subset ?? service)
                : [service, subset].filter(Boolean).join("/");
        // Istio shares in the proportion of the weights, whatever their sum.
        return { host, subset, version, share: sum > 0 ? (100 * (given[index] ?? 0)) / sum : 0 };
    });
}

/** Whether a rule's destinations differ by subset only, so that the subset's name alone says which is meant. */
function sameHost(routed: readonly Body[], routes: KubeObject): boolean {
    const hosts = routed.map((one) => fullHost(textAt(one, "destination", "host") ?? "", routes.namespace));
    return new Set(hosts).size === 1 && routed.every((one) => textAt(one, "destination", "subset") !== undefined);
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
