import { releaseHeader } from "./destinations";
import { fullHost, serviceNamed, shortHost } from "./hosts";
import { bodiesAt, type Body, bodyAt, isBody, numberAt, textAt, textsAt, type Value, valueAt } from "./values";
import type { VersionName, Weights } from "./weights";

/** A VirtualService, from wherever it was read: its `body` has the field `spec`. */
export interface Routes {
    readonly namespace: string;
    readonly name: string;
    readonly body: Body;
}

/** Where a rule sends requests. */
export interface Destination {
    /** The full name of the host. */
    readonly host: string;
    readonly subset?: string;
    /**
     * How a step names it: the release that the rule gives its requests, the subset, or what differs where versions are Services
     * of their own: the Service's name, or the namespace of the one name.
     */
    readonly version: VersionName;
    /** Percent of the rule's requests. */
    readonly share: number;
}

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

const lists = ["http", "tls", "tcp"] as const;

/** The full names of the hosts that a VirtualService routes. One that others delegate to is known by its own name. */
export function hostsOf(routes: Routes): string[] {
    const hosts = textsAt(routes.body, "spec", "hosts").map((host) => fullHost(host, routes.namespace));
    return hosts.length > 0 ? hosts : [`delegate ${routes.namespace}/${routes.name}`];
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

function destinationsOf(body: Body, routes: Routes): Destination[] {
    const routed = bodiesAt(body, "route");
    const given = routed.map((one) => numberAt(one, "weight") ?? (routed.length === 1 ? 100 : 0));
    const sum = given.reduce((total, weight) => total + weight, 0);
    return routed.map((one, index) => ({
        host: fullHost(textAt(one, "destination", "host") ?? "", routes.namespace),
        subset: textAt(one, "destination", "subset"),
        version: versionOf(one, routed, routes),
        // Istio shares in the proportion of the weights, whatever their sum.
        share: sum > 0 ? (100 * (given[index] ?? 0)) / sum : 0,
    }));
}

function versionOf(destination: Body, routed: readonly Body[], routes: Routes): VersionName {
    const release = releaseOf(destination);
    if (release !== undefined) return release;
    const host = fullHost(textAt(destination, "destination", "host") ?? "", routes.namespace);
    const subset = textAt(destination, "destination", "subset");
    const namespace = serviceNamed(host)?.namespace;
    if (subset === undefined && namespace !== undefined && differByNamespace(routes)) return namespace;
    const service = shortHost(host, routes.namespace);
    if (hostsOf(routes).includes(host) || sameHost(routed, routes)) return subset ?? service;
    return [service, subset].filter(Boolean).join("/");
}

function releaseOf(destination: Body): VersionName | undefined {
    return textAt(destination, "headers", "request", "set", releaseHeader);
}

/**
 * Whether all destinations are one Service's name in several namespaces. Of a single one nobody can tell, but where the rule is
 * one that `routesFor` made.
 */
function differByNamespace(routes: Routes): boolean {
    const rules = lists.flatMap((list) => bodiesAt(routes.body, "spec", list));
    const services = rules
        .flatMap((rule) => bodiesAt(rule, "route"))
        .map((one) => serviceNamed(fullHost(textAt(one, "destination", "host") ?? "", routes.namespace)));
    const count = (part: "name" | "namespace"): number => new Set(services.map((service) => service?.[part])).size;
    const isOurs = rules.some((rule) => textAt(rule, "name") === "weighted");
    return count("name") === 1 && (count("namespace") > 1 || isOurs);
}

/** Whether a rule's destinations differ by subset only, so that the subset's name alone says which is meant. */
function sameHost(routed: readonly Body[], routes: Routes): boolean {
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
