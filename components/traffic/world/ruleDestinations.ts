import { releaseHeader } from "../split/destinations";
import { fullHost, serviceNamed, shortHost } from "./hosts";
import { bodiesAt, type Body, numberAt, textAt, textsAt } from "./values";
import type { VersionName } from "../split/weights";

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

/** The lists of a VirtualService's rules. */
export const lists = ["http", "tls", "tcp"] as const;

/** The full names of the hosts that a VirtualService routes. One that others delegate to is known by its own name. */
export function hostsOf(routes: Routes): string[] {
    const hosts = textsAt(routes.body, "spec", "hosts").map((host) => fullHost(host, routes.namespace));
    return hosts.length > 0 ? hosts : [`delegate ${routes.namespace}/${routes.name}`];
}

/** Where a rule leads, with the share of its requests for each. */
export function destinationsOf(body: Body, routes: Routes): Destination[] {
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

/** The release that a destination is given by an edge. */
export function releaseOf(destination: Body): VersionName | undefined {
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
