import { grouped } from "../../traffic/world/grouped";
import { once } from "../../traffic/world/once";
import { fullHost, shortName } from "../../traffic/world/hosts";
import type { Destination, HttpRoute, Match, StringMatch, VirtualServiceSpec } from "../../traffic/world/istio";

/** A rule in a form in which what was configured and what a proxy has can be compared: `[x-group=exact:test] v2@review.hands-on:100`. */
export type Rule = string;

/** A destination by subset and full host name: how Envoy's clusters are named too. */
export interface Cluster {
    readonly subset: string;
    readonly host: string;
}

/**
 * The rules of a VirtualService, first to last, one for each of a rule's matches as Envoy has them.
 * Rules for callers with certain labels are left out: each proxy has only those that are for it.
 */
export function rulesOf(spec: VirtualServiceSpec, namespace: string): Rule[] {
    return (spec.http ?? [])
        .filter((rule) => !isForSomeCallers(rule))
        .flatMap((rule) =>
            (rule.match ?? [{}]).map((match: Match) =>
                inWords(Object.entries(match.headers ?? {}), sharesOf(rule, namespace)),
            ),
        );
}

/** The names of the rules that only callers with certain labels have. */
export function callerRules(spec: VirtualServiceSpec): string[] {
    return (spec.http ?? []).filter(isForSomeCallers).flatMap((rule) => rule.name ?? []);
}

/** The destinations that requests can reach: those with a share, those that a match leads to, and those of copies. */
export function servingClusters(spec: VirtualServiceSpec, namespace: string): Cluster[] {
    const reached = [...(spec.http ?? []), ...(spec.tcp ?? [])].flatMap((rule) =>
        rule.route
            .filter((route) => rule.route.length === 1 || (route.weight ?? 0) > 0)
            .map((route) => route.destination),
    );
    const copied = (spec.http ?? []).flatMap((rule) => mirrored(rule) ?? []);
    const all = [...reached, ...copied].map((destination) => clusterOf(destination, namespace));
    return [...new Map(all.map((cluster) => [nameOf(cluster), cluster])).values()];
}

/** How a destination is called in messages: `v2 of review.hands-on`. */
export function nameOf({ subset, host }: Cluster): string {
    return subset ? `${subset} of ${shortName(host)}` : shortName(host);
}

/**
 * The rules that a proxy has for a host, first to last, for each port on which it serves the host; none when it never
 * calls it.
 *
 * @param leftOut names of rules that are not compared.
 */
export function rulesIn(configDump: unknown, host: string, leftOut: readonly string[] = []): Rule[][] {
    return (byDomain(configDump as ConfigDump).get(host) ?? []).map(({ routes = [] }) =>
        routes.filter(({ name = "" }) => !leftOut.includes(name)).map(ruleOf),
    );
}

/** A proxy's virtual hosts by each of their domains: of many services each looks for its own. */
const byDomain = once(({ configs = [] }: ConfigDump) =>
    grouped(
        configs
            .flatMap((entry) => entry.route_config?.virtual_hosts ?? [])
            .flatMap((one) => [...new Set(one.domains)].map((domain) => [domain, one] as const)),
    ),
);

/** How many healthy endpoints a proxy knows for each of a host's subsets that it knows; the whole host is the subset "". */
export function endpointsIn(clusters: unknown, host: string): Map<string, number> {
    const known = new Map<string, number>();
    for (const status of (clusters as Clusters).cluster_statuses ?? []) {
        const [direction, , subset, name] = status.name?.split("|") ?? [];
        if (name !== host || subset === undefined || direction !== "outbound") continue;
        const healthy =
            status.host_statuses?.filter(
                (endpoint) => (endpoint.health_status?.eds_health_status ?? "HEALTHY") === "HEALTHY",
            ) ?? [];
        known.set(subset, healthy.length);
    }
    return known;
}

/** Envoy's `/config_dump?resource=dynamic_route_configs`, as far as it is read. */
interface ConfigDump {
    configs?: { route_config?: { virtual_hosts?: VirtualHost[] } }[];
}

interface VirtualHost {
    domains?: string[];
    routes?: EnvoyRoute[];
}

interface EnvoyRoute {
    name?: string;
    match?: {
        headers?: {
            name: string;
            string_match?: { exact?: string; prefix?: string; safe_regex?: { regex: string } };
        }[];
    };
    route?: {
        cluster?: string;
        weighted_clusters?: { clusters: { name: string; weight?: number }[] };
        request_mirror_policies?: { cluster?: string }[];
    };
}

/** Envoy's `/clusters?format=json`, as far as it is read. */
interface Clusters {
    cluster_statuses?: { name?: string; host_statuses?: { health_status?: { eds_health_status?: string } }[] }[];
}

function ruleOf({ match, route }: EnvoyRoute): Rule {
    const headers = (match?.headers ?? [])
        .filter((header) => !header.name.startsWith(":"))
        .map(({ name, string_match: value }): [string, StringMatch] => [
            name,
            { exact: value?.exact, prefix: value?.prefix, regex: value?.safe_regex?.regex },
        ]);
    const clusters = route?.weighted_clusters?.clusters ?? [{ name: route?.cluster ?? "", weight: 100 }];
    const copies = (route?.request_mirror_policies ?? []).map(({ cluster }) => clusterNamed(cluster ?? ""));
    return inWords(headers, {
        shares: clusters.map(({ name, weight }) => [clusterNamed(name), weight ?? 0]),
        copies,
    });
}

function clusterNamed(name: string): Cluster {
    const [, , subset = "", host = ""] = name.split("|");
    return { subset, host };
}

function clusterOf({ host, subset = "" }: Destination, namespace: string): Cluster {
    return { subset, host: fullHost(host, namespace) };
}

function isForSomeCallers(rule: HttpRoute): boolean {
    return (rule.match ?? []).some((match) => match.sourceLabels);
}

function sharesOf(rule: HttpRoute, namespace: string): Shares {
    return {
        shares: rule.route.map(({ destination, weight }) => [
            clusterOf(destination, namespace),
            weight ?? (rule.route.length === 1 ? 100 : 0),
        ]),
        copies: [mirrored(rule) ?? []].flat().map((one) => clusterOf(one, namespace)),
    };
}

/** Who gets copies; nobody by a mirror of 0 %, of which Istio tells no proxy. */
function mirrored({ mirror, mirrorPercentage }: HttpRoute): Destination | undefined {
    return (mirrorPercentage?.value ?? 100) > 0 ? mirror : undefined;
}

interface Shares {
    shares: [Cluster, number][];
    copies: Cluster[];
}

/** Conditions in the order of their names, as neither side keeps one. A destination without a share is left out: istiod leaves it out of Envoy's routes too. */
function inWords(headers: [string, StringMatch][], { shares, copies }: Shares): Rule {
    const conditions = headers
        .map(
            ([name, value]) =>
                `[${name}=${Object.entries(value)
                    .filter(([, text]) => text !== undefined)
                    .map(([kind, text]) => `${kind}:${text}`)
                    .join()}] `,
        )
        .sort();
    const serving = shares.filter(([, weight]) => weight > 0);
    // Of a single destination Envoy has no weight.
    const weighted = serving.map(([cluster, weight]) => `${inShort(cluster)}:${serving.length === 1 ? 100 : weight}`);
    return [conditions.join("") + weighted.join(" "), ...copies.map((cluster) => `copy to ${inShort(cluster)}`)].join(
        " ",
    );
}

function inShort({ subset, host }: Cluster): string {
    return `${subset}@${shortName(host)}`;
}
