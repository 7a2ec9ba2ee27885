import { RE2JS } from "re2js";
import type { Endpoints, Fault, Route, RouteTable, WeightedCluster } from "./envoy";
import type { Request } from "./manifest";
import { matches, pathOnly, virtualHostFor } from "./match";

/** What a request meets, and how often. */
export type Served = ServedByPods | Failed;

export interface ServedByPods extends Meets {
    readonly outcome: "pods";
    /** `namespace/name`. */
    readonly workload: string;
    /** A short name of its pod template. */
    readonly template: string;
    /** The pods' `version` label; "" where they have none. */
    readonly version: string;
    /** As the pod sees it, when a rule rewrites it. */
    readonly path?: string;
}

/** The answer is not the service's own: an error, a redirect, or an answer that the proxy makes up. */
export interface Failed extends Meets {
    readonly outcome: "fails";
    readonly why: string;
    /** What the caller sees; none where there is no answer at all, or one from outside the mesh. */
    readonly status?: number;
}

interface Meets {
    /** Of the requests of this kind. All of a distribution sum to 100. */
    readonly percent: number;
    /** Milliseconds after which the proxy gives up. */
    readonly timeoutMs?: number;
    /** Milliseconds that a fault makes the request wait. */
    readonly delayMs?: number;
}

/** Takes a request through a route table, as Envoy's router does. */
export function routed(table: RouteTable, request: Request): Served[] {
    const host = virtualHostFor(request.host, table.virtualHosts);
    if (!host) return [fails(table.otherwise)];
    if (host.requireTls && !request.tls) return [fails("redirect 301 to https", 301)];
    const route = host.routes.find(({ match }) => matches(match, request));
    if (!route) return [fails("404 no route", 404)];
    return withFault(route.fault, taken(route, request));
}

export function fails(why: string, status?: number): Failed {
    const said = status ?? (/^\d{3}/.test(why) ? Number(why.slice(0, 3)) : undefined);
    return { outcome: "fails", why, ...(said === undefined ? {} : { status: said }), percent: 100 };
}

function taken(route: Route, request: Request): Served[] {
    const { action, timeoutMs } = route;
    if (action.kind === "answer") return [fails(action.why, action.status)];
    const path = rewritten(route, request.path);
    return spread(action.clusters).map((one) => ({
        ...one,
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
        ...(path === undefined || one.outcome !== "pods" ? {} : { path }),
    }));
}

/** Shares of clusters by weight, and within each by ready pods: they get requests in equal parts. */
export function spread(clusters: readonly WeightedCluster[]): Served[] {
    const total = clusters.reduce((sum, { weight }) => sum + weight, 0);
    // Envoy refuses such a table as a whole; Istio's webhook refuses the VirtualService before that.
    if (total === 0) return [fails("no destination has weight")];
    return clusters.flatMap(({ weight, endpoints }) => scaled(within(endpoints), weight / total));
}

function within(endpoints: Endpoints): Served[] {
    if (typeof endpoints === "string") return [fails(`503 ${endpoints}`)];
    const all = endpoints.reduce((sum, { ready }) => sum + ready, 0);
    if (all === 0) return [fails("503 no ready pods")];
    return endpoints.map(({ workload, template, version, ready }) => ({
        outcome: "pods",
        workload,
        template,
        version,
        percent: (100 * ready) / all,
    }));
}

/** The fault filter stands before the router: it delays first, then aborts, each by its own dice. */
function withFault(fault: Fault | undefined, served: readonly Served[]): Served[] {
    const { abort, delay } = fault ?? {};
    const aborted = (abort?.percent ?? 0) / 100;
    const rest = scaled(served, 1 - aborted);
    const all = abort ? [...scaled([fails(`abort ${abort.status}`, abort.status)], aborted), ...rest] : rest;
    const delayed = (delay?.percent ?? 0) / 100;
    if (!delay || delayed === 0) return all.filter(({ percent }) => percent > 0);
    const late = scaled(all, delayed).map((one) => ({ ...one, delayMs: delay.ms }));
    return [...late, ...scaled(all, 1 - delayed)].filter(({ percent }) => percent > 0);
}

function scaled(served: readonly Served[], factor: number): Served[] {
    return served.map((one) => ({ ...one, percent: one.percent * factor }));
}

/** What a rule makes of the path: of a prefix it replaces the prefix, of an exact path or a pattern the whole; never the query. */
function rewritten({ rewrite, match }: Route, path: string): string | undefined {
    if (!rewrite) return undefined;
    const own = pathOnly(path);
    const query = path.slice(own.length);
    const { uri, regex } = rewrite;
    if (regex) {
        const replacement = regex.rewrite.replace(/\$/g, "\\$").replace(/\\(\d)/g, "$$$1");
        return RE2JS.compile(regex.match).matcher(own).replaceAll(replacement) + query;
    }
    const rest = match.path.prefix === undefined ? "" : own.slice(match.path.prefix.length);
    return `${uri}${rest}${query}`;
}
