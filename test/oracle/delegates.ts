import type { HttpMatch, HttpRule, StringMatch, VirtualServiceSpec } from "./istio";
import { byAge, idOf, ofKind, type Manifest, type World } from "./manifest";
import { fullGateway, fullHost, isExported } from "./names";

/** A VirtualService as it counts: full names, and its delegates' rules in the places where it leads to them. */
export interface Routes {
    readonly id: string;
    readonly namespace: string;
    readonly hosts: readonly string[];
    readonly gateways: readonly string[];
    readonly exportTo: readonly string[] | undefined;
    readonly http: readonly HttpRule[];
    readonly tcp: NonNullable<VirtualServiceSpec["tcp"]>;
    readonly tls: NonNullable<VirtualServiceSpec["tls"]>;
}

/** All VirtualServices that have hosts, oldest first. One without hosts is a delegate, and counts only through its root. */
export function routesIn(world: World): Routes[] {
    const all = byAge(ofKind(world, "VirtualService"));
    const delegates = new Map(all.filter((one) => !one.spec.hosts?.length).map((one) => [idOf(one), one]));
    return all.filter((one) => one.spec.hosts?.length).map((one) => resolved(one, delegates));
}

function resolved(
    root: Manifest<VirtualServiceSpec>,
    delegates: ReadonlyMap<string, Manifest<VirtualServiceSpec>>,
): Routes {
    const { namespace } = root.metadata;
    const { hosts = [], gateways = [], exportTo, http = [], tcp = [], tls = [] } = root.spec;
    const l4 = <Rule extends (typeof tcp)[number]>(rule: Rule): Rule => ({
        ...rule,
        match: rule.match?.map((match) => ({
            ...match,
            gateways: match.gateways?.map((name) => fullGateway(name, namespace)),
        })),
        route: rule.route?.map(withFullHost(namespace)),
    });
    return {
        id: idOf(root),
        namespace,
        // Envoy compares names in lower case, and istiod writes them so.
        hosts: hosts.map((host) => fullHost(host, namespace).toLowerCase()),
        gateways: gateways.length === 0 ? ["mesh"] : gateways.map((name) => fullGateway(name, namespace)),
        exportTo,
        http: http.flatMap((rule) => (rule.delegate ? delegated(rule, namespace, delegates) : [full(rule, namespace)])),
        tcp: tcp.map(l4),
        tls: tls.map(l4),
    };
}

/** A delegate that is not there, or that the root's namespace may not see, takes its one rule away and nothing else. */
function delegated(
    rule: HttpRule,
    namespace: string,
    delegates: ReadonlyMap<string, Manifest<VirtualServiceSpec>>,
): HttpRule[] {
    const home = rule.delegate?.namespace || namespace;
    const delegate = delegates.get(`${home}/${rule.delegate?.name}`);
    if (!delegate || !isExported(delegate.spec.exportTo, home, namespace)) return [];
    const root = full(rule, namespace);
    return (delegate.spec.http ?? []).flatMap((own) => merged(root, full(own, home)) ?? []);
}

/** Short names in a delegate belong to the delegate's namespace, not to the root's. */
function full(rule: HttpRule, namespace: string): HttpRule {
    return {
        ...rule,
        match: rule.match?.map((match) => ({
            ...match,
            gateways: match.gateways?.map((name) => fullGateway(name, namespace)),
        })),
        route: rule.route?.map(withFullHost(namespace)),
    };
}

function withFullHost(namespace: string) {
    return <Route extends { destination: { host: string } }>(route: Route): Route => ({
        ...route,
        destination: { ...route.destination, host: fullHost(route.destination.host, namespace) },
    });
}

/** What a delegate's rule leaves out, it has from the root. (istiod: mergeHTTPRoute) */
function merged(root: HttpRule, own: HttpRule): HttpRule | undefined {
    const match = mergedMatches(root.match ?? [], own.match ?? []);
    if (!match) return undefined;
    const inherited = (
        ["rewrite", "directResponse", "timeout", "retries", "fault", "mirror", "mirrors", "headers"] as const
    ).map((key) => [key, own[key] ?? root[key]] as const);
    return {
        ...own,
        ...Object.fromEntries(inherited.filter(([, value]) => value !== undefined)),
        match: match.length > 0 ? match : undefined,
    };
}

/** Every pair of which the delegate's part narrows the root's. One of the delegate's blocks without any pair undoes its rule. */
function mergedMatches(root: readonly HttpMatch[], own: readonly HttpMatch[]): HttpMatch[] | undefined {
    if (root.length === 0) return [...own];
    if (own.length === 0) return [...root];
    const pairs = own.map((leaf) =>
        root.filter((outer) => !contradicts(outer, leaf)).map((outer) => mergedMatch(outer, leaf)),
    );
    return pairs.some((found) => found.length === 0) ? undefined : pairs.flat();
}

function mergedMatch(root: HttpMatch, leaf: HttpMatch): HttpMatch {
    return {
        ...leaf,
        uri: leaf.uri ?? root.uri,
        scheme: leaf.scheme ?? root.scheme,
        method: leaf.method ?? root.method,
        authority: leaf.authority ?? root.authority,
        headers: { ...root.headers, ...leaf.headers },
        withoutHeaders: { ...root.withoutHeaders, ...leaf.withoutHeaders },
        queryParams: { ...root.queryParams, ...leaf.queryParams },
        port: leaf.port || root.port,
        sourceLabels: { ...root.sourceLabels, ...leaf.sourceLabels },
        sourceNamespace: leaf.sourceNamespace || root.sourceNamespace,
        gateways: leaf.gateways?.length ? leaf.gateways : root.gateways,
    };
}

/** (istiod: hasConflict. That a delegate must repeat the root's sourceNamespace and ignoreUriCase is its doing, too.) */
function contradicts(root: HttpMatch, leaf: HttpMatch): boolean {
    const texts = (["uri", "scheme", "method", "authority"] as const).some((key) => notNarrower(root[key], leaf[key]));
    const named = (["headers", "withoutHeaders", "queryParams"] as const).some((key) =>
        Object.entries(leaf[key] ?? {}).some(([name, match]) => notNarrower(root[key]?.[name], match)),
    );
    const labels = Object.entries(leaf.sourceLabels ?? {}).some(
        ([key, value]) => (root.sourceLabels?.[key] ?? value) !== value,
    );
    const [outer, inner] = [root.gateways ?? [], leaf.gateways ?? []];
    return (
        texts ||
        named ||
        labels ||
        (root.ignoreUriCase ?? false) !== (leaf.ignoreUriCase ?? false) ||
        Boolean(root.port && leaf.port && root.port !== leaf.port) ||
        Boolean(root.sourceNamespace && root.sourceNamespace !== leaf.sourceNamespace) ||
        (outer.length > 0 && inner.length > 0 && !inner.every((name) => outer.includes(name)))
    );
}

/** Only a text below the root's prefix, or the root's own exact text, is a narrower condition. (istiod: stringMatchConflict) */
function notNarrower(root: StringMatch | undefined, leaf: StringMatch | undefined): boolean {
    if (!root || !leaf) return false;
    if (root.exact) return leaf.exact !== root.exact;
    const text = leaf.prefix || leaf.exact;
    if (root.prefix && text && !leaf.regex) return !text.startsWith(root.prefix);
    return true;
}
