import { CanaryHeader } from "./headerMatch";
import { VersionName, Weights } from "./weights";

/** What a service's routes are made of. */
export interface SplitSpec {
    /** The Kubernetes Service that callers address. */
    readonly host: string;
    /** Every version that has a Deployment, in a fixed order. */
    readonly versions: readonly VersionName[];
    readonly weights: Weights;
    readonly canaryHeader?: CanaryHeader;
    /** How long a request may take, retries included: `10s`. Default: no limit. */
    readonly timeout?: string;
    /** How often the mesh tries a failed request again. Default 0: a failure shows, and nothing is sent twice. */
    readonly retryAttempts?: number;
}

/** `spec` of a DestinationRule, as far as we use it. */
export interface DestinationRuleSpec {
    host: string;
    subsets: { name: string; labels: Record<string, string> }[];
}

/** `spec` of a VirtualService, as far as we use it. */
export interface VirtualServiceSpec {
    hosts: string[];
    gateways?: string[];
    http: HttpRoute[];
}

/** A VirtualService as it is sent, as far as a step reads it. */
export interface VirtualServiceInputs {
    readonly metadata: { readonly name: string; readonly namespace: string };
    readonly spec: VirtualServiceSpec;
}

/** One rule of a VirtualService: the first that matches serves. */
export interface HttpRoute {
    name?: string;
    match?: { headers?: Record<string, StringMatch>; uri?: StringMatch }[];
    route: { destination: { host: string; subset?: string; port?: { number: number } }; weight?: number }[];
    timeout?: string;
    retries?: { attempts: number };
}

/** Istio's StringMatch: one of the three. */
export interface StringMatch {
    exact?: string;
    prefix?: string;
    regex?: string;
}

/**
 * One subset a version, with labels that never change: a subset that is relabelled under traffic
 * has no endpoints for a while (argo-rollouts #2507, #4752).
 */
export function subsetsFor(spec: Pick<SplitSpec, "host" | "versions">): DestinationRuleSpec {
    return { host: spec.host, subsets: spec.versions.map((version) => ({ name: version, labels: { version } })) };
}

/** The header's rule above the weighted one: Istio takes the first that matches. */
export function routesFor(spec: SplitSpec): VirtualServiceSpec {
    return { hosts: [spec.host], http: [...headerRoute(spec), weightedRoute(spec)] };
}

/** Reads the weights back from a VirtualService that `routesFor` made: from its catch-all rule. */
export function weightsIn(spec: VirtualServiceSpec): Weights {
    const catchAll = spec.http.find((rule) => !rule.match);
    const routes = catchAll?.route ?? [];
    // Istio reads a missing weight of a single destination as all requests.
    return Object.fromEntries(
        routes.map((route) => [route.destination.subset ?? "", route.weight ?? (routes.length === 1 ? 100 : 0)]),
    );
}

/** Reads the canary header back from a VirtualService that `routesFor` made. */
export function canaryHeaderIn(spec: VirtualServiceSpec): CanaryHeader | undefined {
    const rule = spec.http.find((candidate) => candidate.match?.some((match) => match.headers));
    const [name, value] = Object.entries(rule?.match?.[0]?.headers ?? {})[0] ?? [];
    const to = rule?.route[0]?.destination.subset;
    return name && value && to ? { name, ...value, to } : undefined;
}

function headerRoute(spec: SplitSpec): HttpRoute[] {
    if (!spec.canaryHeader) return [];
    const { name, to, exact, prefix, regex } = spec.canaryHeader;
    const value: StringMatch = exact !== undefined ? { exact } : prefix !== undefined ? { prefix } : { regex };
    // HTTP/2 has header names in lower case only, and Istio compares them as written.
    const match = [{ headers: { [name.toLowerCase()]: value } }];
    return [
        { name: "canary-header", match, route: [{ destination: { host: spec.host, subset: to } }], ...limits(spec) },
    ];
}

function weightedRoute(spec: SplitSpec): HttpRoute {
    const route = spec.versions.map((version) => ({
        destination: { host: spec.host, subset: version },
        weight: spec.weights[version] ?? 0,
    }));
    return { name: "weighted", route, ...limits(spec) };
}

/** The same for every rule of a service: a header route without the timeout of the main one behaves otherwise (argo-rollouts #3879). */
function limits(spec: SplitSpec): Pick<HttpRoute, "timeout" | "retries"> {
    return { ...(spec.timeout ? { timeout: spec.timeout } : {}), retries: { attempts: spec.retryAttempts ?? 0 } };
}
