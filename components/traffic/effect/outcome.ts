import type { DestinationRule, HeaderOperations, Rule, Subset, VirtualService } from "../world/istio";
import type { Asked } from "./matching";
import { fullName } from "../world/meshHosts";

/** What the mesh is configured with, oldest first. */
export interface Mesh {
    readonly virtualServices: readonly VirtualService[];
    readonly destinationRules: readonly DestinationRule[];
    /** The full names of the Kubernetes Services: `review.shop.svc.cluster.local`. */
    readonly services: readonly string[];
}

/** What a request meets. */
export type Outcome =
    | { readonly kind: "shares"; readonly shares: readonly Share[] }
    /** The proxy answers by itself. */
    | { readonly kind: "answer"; readonly status: number; readonly why: string }
    /** The proxy has no routes for the host and lets the request pass to the address that it was meant for. */
    | { readonly kind: "passes" }
    /** Something this evaluation does not know. */
    | { readonly kind: "unknown"; readonly why: string };

/** A part of the requests. */
export interface Share {
    /** The full name of the service. */
    readonly host: string;
    /** The version; all pods of the service where there is none. */
    readonly subset?: string;
    /** The labels of that version's pods. */
    readonly labels?: Readonly<Record<string, string>>;
    readonly percent: number;
    /** The headers with which these requests arrive. */
    readonly headers: Readonly<Record<string, string>>;
    readonly path: string;
    /** No DestinationRule knows the version: such a request is answered with 503. */
    readonly missing?: boolean;
}

/** What a rule does with a request that it matches. @param namespace of its VirtualService, to which short names belong */
export function outcomeOf(mesh: Mesh, rule: Rule, namespace: string, asked: Asked): Outcome {
    if (rule.delegate) return { kind: "unknown", why: "the rule hands over to another VirtualService" };
    if (rule.redirect) return { kind: "answer", status: rule.redirect.redirectCode ?? 301, why: "the rule redirects" };
    if (rule.directResponse)
        return { kind: "answer", status: rule.directResponse.status, why: "the rule answers by itself" };
    const routes = rule.route ?? [];
    const weightOf = (weight = 0): number => (routes.length === 1 ? 100 : weight);
    const total = routes.reduce((sum, route) => sum + weightOf(route.weight), 0);
    const shares = routes
        .filter((route) => weightOf(route.weight) > 0)
        .map((route): Share => {
            const host = fullName(route.destination.host, namespace);
            const { subset } = route.destination;
            const headers = changed(changed(lowerCased(asked.headers), rule.headers), route.headers);
            const share = {
                host,
                percent: (100 * weightOf(route.weight)) / total,
                headers,
                path: rewritten(rule, asked),
            };
            if (!subset) return share;
            const known = subsetOf(mesh, host, subset);
            return { ...share, subset, ...(known ? { labels: known.labels } : { missing: true }) };
        });
    return shares.length > 0
        ? { kind: "shares", shares }
        : { kind: "answer", status: 503, why: "the rule leads nowhere" };
}

function subsetOf({ destinationRules }: Mesh, host: string, subset: string): Subset | undefined {
    return destinationRules
        .filter(({ spec, metadata }) => fullName(spec.host, metadata.namespace) === host)
        .flatMap(({ spec }) => spec.subsets ?? [])
        .find(({ name }) => name === subset);
}

/** A prefix is replaced by the rewrite, an exact path too; the query stays. */
function rewritten({ rewrite, match }: Rule, { path }: Asked): string {
    if (!rewrite?.uri) return path;
    const [before = "", query] = path.split(/\?(.*)/s);
    const prefix = match
        ?.map(({ uri }) => uri?.exact ?? uri?.prefix)
        .find((uri) => uri !== undefined && before.startsWith(uri));
    return rewrite.uri + before.slice((prefix ?? "/").length) + (query === undefined ? "" : `?${query}`);
}

function changed(
    headers: Readonly<Record<string, string>>,
    operations?: HeaderOperations,
): Readonly<Record<string, string>> {
    const { set = {}, add = {}, remove = [] } = operations?.request ?? {};
    const gone = remove.map((name) => name.toLowerCase());
    const kept = Object.fromEntries(Object.entries(headers).filter(([name]) => !gone.includes(name)));
    const added = Object.entries(lowerCased(add)).map(([name, value]) => [
        name,
        kept[name] ? `${kept[name]},${value}` : value,
    ]);
    return { ...kept, ...Object.fromEntries(added), ...lowerCased(set) };
}

function lowerCased(headers: Readonly<Record<string, string>>): Record<string, string> {
    return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
