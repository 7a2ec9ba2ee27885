import { affinityRoutes, givingCookies, keepsUnserved } from "./affinity";
import { type DestinationSpec, destinationOf, releaseHeader, versionOf } from "./destinations";
import type { CanaryHeader } from "./headerMatch";
import type { HttpMatch, HttpRoute, StringMatch, VirtualServiceSpec, WeightedDestination } from "../world/istio";
import { matchesFor } from "./requestMatch";
import { limitsOf, type Mirror, type Routing } from "./routing";
import { type VersionName, weightOf, type Weights } from "./weights";

export type {
    DestinationRuleSpec,
    HttpRoute,
    StringMatch,
    VirtualServiceInputs,
    VirtualServiceSpec,
} from "../world/istio";

/** What a service's routes are made of. */
export interface SplitSpec extends DestinationSpec {
    /** The hosts that callers address, where they are not `host`: at a gateway. */
    readonly hosts?: readonly string[];
    /** The gateways that serve it; none for callers in the mesh. */
    readonly gateways?: readonly string[] | undefined;
    /** Every version that has a Deployment, in a fixed order. */
    readonly versions: readonly VersionName[];
    readonly weights: Weights;
    readonly canaryHeader?: CanaryHeader | undefined;
    /** Whether requests of a release that was decided at the edge go to its version: the service is part of a chain. */
    readonly inChain?: boolean | undefined;
    readonly routing?: Routing | undefined;
}

/**
 * The routes of a service, first to last; Istio takes the first that matches: the canary header and the canary match
 * (testers choose for themselves), the chain's version, users who are kept, and then the weights.
 */
export function routesFor(spec: SplitSpec): VirtualServiceSpec {
    const addressed = {
        hosts: [...(spec.hosts ?? [spec.host])],
        ...(spec.gateways && { gateways: [...spec.gateways] }),
    };
    if (spec.routing?.tcp) return { ...addressed, tcp: [{ route: weighted(spec) }] };
    const http = [
        ...headerRoute(spec),
        ...matchRoute(spec),
        ...chainRoutes(spec),
        ...keptRoutes(spec),
        weightedRoute(spec),
    ];
    return { ...addressed, http: http.map((rule) => mirrored(rule, spec)) };
}

/** Reads the weights back from a VirtualService that `routesFor` made: from its catch-all rule. */
export function weightsIn(spec: VirtualServiceSpec): Weights {
    const { route: routes = [] } = weightedIn(spec) ?? {};
    // Istio reads a missing weight of a single destination as all requests.
    return Object.fromEntries(
        routes.map((route) => [versionOf(route), route.weight ?? (routes.length === 1 ? 100 : 0)]),
    );
}

/**
 * A VirtualService that `routesFor` made, with other weights. Who is kept on a version that has no share by them is kept no more; what
 * testers choose for themselves stays.
 */
export function withWeights({ http, tcp, ...rest }: VirtualServiceSpec, weights: Weights): VirtualServiceSpec {
    const decides = weightedIn({ ...rest, http, tcp });
    const changed = <R extends WeightedRule>(rule: R): R =>
        rule === decides
            ? { ...rule, route: rule.route.map((one) => ({ ...one, weight: weightOf(weights, versionOf(one)) })) }
            : rule;
    return {
        ...rest,
        ...(http && { http: http.filter((rule) => !keepsUnserved(rule, weights)).map(changed) }),
        ...(tcp && { tcp: tcp.map(changed) }),
    };
}

/** Whether a service's users come with a version that the edge has chosen for their whole chain, whatever its own weights are. */
export function isInChain({ http = [] }: Pick<VirtualServiceSpec, "http">): boolean {
    return http.some(({ match = [] }) => match.some(({ headers = {} }) => releaseHeader in headers));
}

/** A rule of either kind, as far as its shares are read. */
export interface WeightedRule {
    route: WeightedDestination[];
}

/** The rule that the weights are in: for connections, or for what no rule above it takes. */
export function weightedIn(spec: VirtualServiceSpec): WeightedRule | undefined {
    return spec.tcp?.[0] ?? spec.http?.find((rule) => rule.name === "weighted") ?? catchAll(spec);
}

/** Reads the canary header back from a VirtualService that `routesFor` made. */
export function canaryHeaderIn(spec: VirtualServiceSpec): CanaryHeader | undefined {
    const rule =
        spec.http?.find((candidate) => candidate.name === "canary-header") ??
        spec.http?.find((candidate) => !candidate.name && candidate.match?.some((match) => match.headers));
    const [name, value] = Object.entries(rule?.match?.[0]?.headers ?? {})[0] ?? [];
    const to = rule?.route[0] && versionOf(rule.route[0]);
    return name && value && to ? { name, ...value, to } : undefined;
}

/** Reads the mirror back from a VirtualService that `routesFor` made: from the rule that has the weights. */
export function mirrorIn(spec: VirtualServiceSpec): Mirror | undefined {
    const { mirror, mirrorPercentage } = spec.http?.find((rule) => rule.name === "weighted") ?? catchAll(spec) ?? {};
    return mirror && { to: versionOf({ destination: mirror }), percent: mirrorPercentage?.value ?? 100 };
}

/** A rule that sends all that it matches to one version. */
function ruleTo(spec: SplitSpec, name: string, version: VersionName, match: HttpMatch[] | undefined): HttpRoute {
    return { name, match, route: [destinationOf(spec, version)], ...limitsOf(spec.routing ?? {}) };
}

function headerRoute(spec: SplitSpec): HttpRoute[] {
    if (!spec.canaryHeader) return [];
    const { name, to, exact, prefix, regex } = spec.canaryHeader;
    const value: StringMatch = exact !== undefined ? { exact } : prefix !== undefined ? { prefix } : { regex };
    // HTTP/2 has header names in lower case only, and Istio compares them as written.
    return [ruleTo(spec, "canary-header", to, [{ headers: { [name.toLowerCase()]: value } }])];
}

function matchRoute(spec: SplitSpec): HttpRoute[] {
    const canary = spec.routing?.canaryMatch;
    return canary ? [ruleTo(spec, "canary-match", canary.to, matchesFor(canary))] : [];
}

/** The decision was made at the edge; what comes from elsewhere goes by the weights. */
function chainRoutes(spec: SplitSpec): HttpRoute[] {
    if (!spec.inChain) return [];
    return spec.versions.map((version) =>
        ruleTo(spec, `chain-${version}`, version, [{ headers: { [releaseHeader]: { exact: version } } }]),
    );
}

function keptRoutes(spec: SplitSpec): HttpRoute[] {
    const affinity = spec.routing?.affinity;
    if (!affinity) return [];
    return affinityRoutes(affinity, spec.weights, (name, version, match) => ruleTo(spec, name, version, match));
}

function weightedRoute(spec: SplitSpec): HttpRoute {
    const rule = { name: "weighted", route: weighted(spec), ...limitsOf(spec.routing ?? {}) };
    const affinity = spec.routing?.affinity;
    return affinity ? givingCookies(rule, affinity, spec.weights, spec.versions) : rule;
}

function weighted(spec: SplitSpec): WeightedDestination[] {
    return spec.versions.map((version) => ({
        ...destinationOf(spec, version),
        weight: weightOf(spec.weights, version),
    }));
}

/** Who already reaches the mirror's version gets no copy there. */
function mirrored(rule: HttpRoute, spec: SplitSpec): HttpRoute {
    const mirror = spec.routing?.mirror;
    const serving = rule.route.filter((route) => rule.route.length === 1 || (route.weight ?? 0) > 0);
    if (!mirror || serving.every((route) => versionOf(route) === mirror.to)) return rule;
    const { destination } = destinationOf(spec, mirror.to);
    return { ...rule, mirror: destination, mirrorPercentage: { value: mirror.percent ?? 100 } };
}

function catchAll(spec: VirtualServiceSpec): HttpRoute | undefined {
    return spec.http?.find((rule) => !rule.match);
}
