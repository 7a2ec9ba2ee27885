import { HttpRoute, StringMatch, VirtualServiceSpec } from "../../traffic/routes";

/** A rule in a form in which what was configured and what a proxy has can be compared: `[x-group=exact:test] v2:100`. */
export type Rule = string;

/** The rules of a VirtualService, first to last. */
export function rulesOf(spec: VirtualServiceSpec): Rule[] {
    return spec.http.map((rule) => inWords(headersOf(rule), sharesOf(rule)));
}

/** The subsets that requests can reach: those with a share, and those that a header leads to. */
export function servingSubsets(spec: VirtualServiceSpec): string[] {
    const routes = spec.http.flatMap((rule) =>
        rule.route.filter((route) => rule.route.length === 1 || (route.weight ?? 0) > 0),
    );
    return [...new Set(routes.flatMap((route) => route.destination.subset ?? []))];
}

/** The rules that a proxy has for a host, first to last; undefined when it has none for the host, and so never calls it. */
export function rulesIn(configDump: unknown, host: string): Rule[] | undefined {
    const virtualHosts =
        (configDump as ConfigDump).configs?.flatMap((entry) => entry.route_config?.virtual_hosts ?? []) ?? [];
    return virtualHosts.find((virtualHost) => virtualHost.domains?.includes(host))?.routes?.map(ruleOf);
}

/** How many healthy endpoints a proxy knows for each of a host's subsets that it knows. */
export function endpointsIn(clusters: unknown, host: string): Map<string, number> {
    const known = new Map<string, number>();
    for (const status of (clusters as Clusters).cluster_statuses ?? []) {
        const [, , subset, name] = status.name?.split("|") ?? [];
        if (name !== host || !subset) continue;
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
    configs?: { route_config?: { virtual_hosts?: { domains?: string[]; routes?: EnvoyRoute[] }[] } }[];
}

interface EnvoyRoute {
    match?: {
        headers?: {
            name: string;
            string_match?: { exact?: string; prefix?: string; safe_regex?: { regex: string } };
        }[];
    };
    route?: { cluster?: string; weighted_clusters?: { clusters: { name: string; weight?: number }[] } };
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
    return inWords(
        headers,
        clusters.map(({ name, weight }) => [name.split("|")[2] ?? "", weight ?? 0]),
    );
}

function headersOf(rule: HttpRoute): [string, StringMatch][] {
    return (rule.match ?? []).flatMap((match) => Object.entries(match.headers ?? {}));
}

function sharesOf(rule: HttpRoute): [string, number][] {
    return rule.route.map(({ destination, weight }) => [
        destination.subset ?? "",
        weight ?? (rule.route.length === 1 ? 100 : 0),
    ]);
}

/** A destination without a share is left out: istiod leaves it out of Envoy's routes too. */
function inWords(headers: [string, StringMatch][], shares: [string, number][]): Rule {
    const conditions = headers.map(
        ([name, value]) =>
            `[${name}=${Object.entries(value)
                .filter(([, text]) => text !== undefined)
                .map(([kind, text]) => `${kind}:${text}`)
                .join()}] `,
    );
    const weighted = shares.filter(([, weight]) => weight > 0).map(([subset, weight]) => `${subset}:${weight}`);
    return conditions.join("") + weighted.join(" ");
}
