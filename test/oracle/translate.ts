import type { Routes } from "./delegates";
import { clusterOf, type Proxy } from "./destinations";
import type { Action, Endpoints, Fault, HeaderMatch, Route, RouteMatch, ValueMatch } from "./envoy";
import type { Destination, HttpMatch, HttpRule, StringMatch, WeightedDestination } from "./istio";
import type { World } from "./manifest";
import { selects } from "./names";
import { readyPods } from "./pods";

/** The proxy for which istiod writes, and the listener. */
export interface For extends Proxy {
    /** `namespace/name` of the gateway, or `mesh` for a sidecar. */
    readonly gateway: string;
    readonly port: number;
}

/**
 * A VirtualService's `http` rules as Envoy's routes for one proxy and port; none when no rule is meant for it.
 *
 * Nothing is written behind a route that takes everything: on a gateway, where the routes of several VirtualServices
 * of a host come together, what stands behind it must not come to life again. (istiod: BuildHTTPRoutesForVirtualService)
 */
export function routesFor(world: World, { http }: Routes, to: For): Route[] {
    const routes: Route[] = [];
    for (const rule of http) {
        const blocks = rule.match?.length ? rule.match : [undefined];
        for (const block of blocks) {
            if (block && !isMeantFor(block, to)) continue;
            routes.push(routeFor(world, rule, block, to));
            if (takesEverything(routes.at(-1)?.match)) return routes;
        }
    }
    return routes;
}

/** A block that names gateways is not asked for labels or a namespace any more. (istiod: sourceMatchHTTP) */
export function isMeantFor(
    {
        port,
        gateways,
        sourceLabels,
        sourceNamespace,
    }: Pick<HttpMatch, "port" | "gateways" | "sourceLabels" | "sourceNamespace">,
    to: For,
): boolean {
    if (port && port !== to.port) return false;
    if (gateways?.length) return gateways.includes(to.gateway);
    return selects(sourceLabels, to.labels) && (!sourceNamespace || sourceNamespace === to.namespace);
}

/** (istiod: IsCatchAllRoute) */
export function takesEverything(match: RouteMatch | undefined): boolean {
    if (!match || match.headers.length > 0 || match.query.length > 0) return false;
    return match.path.prefix === "/" || match.path.regex === ".*";
}

function routeFor(world: World, rule: HttpRule, block: HttpMatch | undefined, to: For): Route {
    const { uri, uriRegexRewrite } = rule.rewrite ?? {};
    return {
        match: matchFor(block ?? {}),
        action: actionFor(world, rule, to),
        fault: rule.fault && faultFor(rule.fault),
        rewrite: uriRegexRewrite ? { regex: uriRegexRewrite } : uri ? { uri } : undefined,
        timeoutMs: rule.timeout === undefined ? undefined : milliseconds(rule.timeout) || undefined,
    };
}

/** What Envoy is asked to look at in a request; the rest of a block istiod has settled itself. */
export function matchFor(block: HttpMatch): RouteMatch {
    const pseudo = { ":method": block.method, ":authority": block.authority, ":scheme": block.scheme };
    const asked = [...Object.entries(block.headers ?? {}), ...Object.entries(pseudo)];
    return {
        path: hasText(block.uri) ? block.uri : { prefix: "/" },
        ignoreCase: block.ignoreUriCase ?? false,
        headers: [
            ...asked.flatMap(([name, match]) => (match ? [headerMatch(name, match, false)] : [])),
            ...Object.entries(block.withoutHeaders ?? {}).map(([name, match]) => headerMatch(name, match, true)),
        ],
        query: Object.entries(block.queryParams ?? {}).map(([name, match]) => ({ name, value: valueMatch(match) })),
    };
}

function headerMatch(name: string, match: StringMatch, inverted: boolean): HeaderMatch {
    return { name: name.toLowerCase(), value: valueMatch(match), inverted };
}

/** Nothing said, or the `*` that is no regular expression, asks for presence. (istiod: canBeConvertedToPresentMatch) */
function valueMatch(match: StringMatch): ValueMatch {
    return hasText(match) && match.regex !== "*" ? match : "present";
}

function hasText(match: StringMatch | undefined): match is StringMatch {
    return match !== undefined && [match.exact, match.prefix, match.regex].some((text) => text !== undefined);
}

function actionFor(world: World, rule: HttpRule, to: For): Action {
    const { redirect, directResponse, route = [] } = rule;
    if (redirect) {
        const status = redirect.redirectCode || 301;
        return { kind: "answer", status, why: `redirect ${status}` };
    }
    if (directResponse)
        return { kind: "answer", status: directResponse.status, why: `direct response ${directResponse.status}` };
    return { kind: "clusters", clusters: weighted(route, (destination) => endpointsOf(world, destination, to)) };
}

/** One destination gets everything, whatever its weight says; of several, those without weight are left out. */
export function weighted(
    route: readonly WeightedDestination[],
    endpoints: (destination: Destination) => Endpoints,
): { weight: number; endpoints: Endpoints }[] {
    const parts = route.length === 1 ? route.map((one) => ({ ...one, weight: 100 })) : route;
    return parts
        .filter(({ weight = 0 }) => weight > 0)
        .map(({ weight = 0, destination }) => ({ weight, endpoints: endpoints(destination) }));
}

export function endpointsOf(world: World, destination: Destination, to: For): Endpoints {
    const cluster = clusterOf(world, destination, to.port, to);
    return typeof cluster === "string" ? cluster : readyPods(world, cluster.service, cluster.labels);
}

/** A percentage that is not there is none: nothing is aborted or delayed. (istiod: TranslateFault) */
function faultFor({ abort, delay }: NonNullable<HttpRule["fault"]>): Fault {
    return {
        abort: abort && { status: abort.httpStatus ?? 200, percent: abort.percentage?.value ?? 0 },
        delay: delay && {
            ms: milliseconds(delay.fixedDelay ?? "0s"),
            percent: delay.percentage ? (delay.percentage.value ?? 0) : (delay.percent ?? 0),
        },
    };
}

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** @param duration as Go writes it: `1ms`, `1.5s`, `1m30s` */
export function milliseconds(duration: string): number {
    return [...duration.matchAll(/([\d.]+)(ms|s|m|h)/g)].reduce(
        (sum, [, count, unit]) => sum + Number(count) * (units[unit ?? ""] ?? 0),
        0,
    );
}
