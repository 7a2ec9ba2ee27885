import { milliseconds } from "../../components/traffic/world/durations";
import { fullHost } from "../../components/traffic/world/hosts";
import { canonical, type Placed } from "../../components/traffic/world/objects";
import {
    bodiesAt,
    type Body,
    bodyAt,
    isBody,
    numberAt,
    textAt,
    textsAt,
    type Value,
} from "../../components/traffic/world/values";
import { fullGateway } from "../../components/traffic/world/virtualServices";
import type { LeftOut } from "./adoption";
import { istioRetries } from "./limits";
import { isForAll, takesAll } from "./shape";

/** What a program would make another of a live object. */
export interface Difference {
    /** The field's path in the live object. */
    readonly at: string;
    readonly live: Value;
    readonly proposed: Value;
}

/** What is known of the Services that routes lead to. */
export interface Known {
    /** The only port of a host, by its full name; undefined where there are several, or where it is not known. */
    readonly portOf: (host: string) => number | undefined;
}

/**
 * All that would be another after a program has taken over: every field of both is compared, so that nothing is dropped unseen.
 * What reads differently and means the same to Istio is no difference.
 */
export function routesDifferences(live: Placed, proposed: Placed, known: Known): Difference[] {
    const [before, after] = [normalRoutes(live, known), normalRoutes(proposed, known)];
    const at = `VirtualService ${live.name}: spec`;
    const pieces = Array.from({ length: Math.max(before.pieces.length, after.pieces.length) }, (_, index) => {
        const [one, other] = [before.pieces[index], after.pieces[index]];
        const where = one?.at ?? other?.at ?? "";
        return [
            ...differences(`${at}.${where}.match`, one?.match, other?.match),
            ...differences(`${at}.${(one ?? other)?.rule}`, one?.action, other?.action),
        ];
    });
    return distinct([...differences(at, before.rest, after.rest), ...pieces.flat()]);
}

/** The same of the DestinationRule. */
export function subsetsDifferences(live: Placed, proposed: Placed): Difference[] {
    const normal = ({ body, namespace }: Placed): Body => {
        const rest = omit(bodyAt(body, "spec"), "subsets", "host");
        const named = bodiesAt(body, "spec", "subsets").map((subset) => [
            textAt(subset, "name") ?? "",
            omit(subset, "name"),
        ]);
        return {
            ...exported(rest),
            host: fullHost(textAt(body, "spec", "host") ?? "", namespace),
            subsets: Object.fromEntries(named) as Body,
        };
    };
    const after = normal(proposed);
    const { subsets, ...rest } = normal(live);
    // A subset that no route leads to is no version, and is told of by whoever reads the versions.
    const own = Object.entries(subsets as Body).filter(([name]) => name in (after.subsets as Body));
    return differences(`DestinationRule ${live.name}: spec`, { ...rest, subsets: Object.fromEntries(own) }, after);
}

/** Fields of the live routes that mean nothing to requests. */
export function namesLeftOut(live: Placed): LeftOut[] {
    const at = `VirtualService ${live.name}: spec`;
    const rules = bodiesAt(live.body, "spec", "http");
    const last = rules.findIndex(takesAll);
    return rules.flatMap((rule, index): LeftOut[] => {
        if (last >= 0 && index > last)
            return [{ at: `${at}.http[${index}]`, why: `http[${last}] takes every request before it` }];
        return [
            ...(rule.name === undefined
                ? []
                : [{ at: `${at}.http[${index}].name`, why: "a TrafficSplit names its rules itself" }]),
            ...bodiesAt(rule, "match").flatMap((block, place) =>
                ["name", "statPrefix"]
                    .filter((field) => block[field] !== undefined)
                    .map((field) => ({ at: `${at}.http[${index}].match[${place}].${field}`, why: "decides nothing" })),
            ),
        ];
    });
}

/** What decides for one block of conditions. */
interface Piece {
    readonly at: string;
    readonly rule: string;
    readonly match: Body;
    readonly action: Body;
}

function normalRoutes({ body, namespace }: Placed, known: Known): { rest: Body; pieces: Piece[] } {
    const rest = omit(bodyAt(body, "spec"), "hosts", "gateways", "http", "tcp");
    const gateways = textsAt(body, "spec", "gateways").map((gateway) => fullGateway(gateway, namespace));
    const all = (["http", "tcp"] as const).flatMap((list) =>
        bodiesAt(body, "spec", list).flatMap((rule, index) => piecesOf(rule, `${list}[${index}]`, namespace, known)),
    );
    const end = all.findIndex(({ match }) => Object.keys(match).length === 0);
    return {
        rest: {
            ...exported(rest),
            hosts: textsAt(body, "spec", "hosts")
                .map((host) => fullHost(host, namespace))
                .sort(),
            gateways: (gateways.length === 0 ? ["mesh"] : gateways).sort(),
        },
        pieces: inAnyOrder(end < 0 ? all : all.slice(0, end + 1)),
    };
}

/** What is exported to all is what is not said to be exported. */
function exported({ exportTo, ...rest }: Body): Body {
    const isForAllNamespaces =
        exportTo === undefined || (Array.isArray(exportTo) && (exportTo.length === 0 || exportTo.includes("*")));
    return { ...rest, ...(!isForAllNamespaces && { exportTo }) };
}

function piecesOf(rule: Body, at: string, namespace: string, known: Known): Piece[] {
    const action = omit(rule, "match");
    const blocks = bodiesAt(rule, "match");
    const normal = normalAction(action, namespace, known, at.startsWith("http"));
    if (blocks.length === 0 || blocks.some(isForAll)) return [{ at, rule: at, match: {}, action: normal }];
    return blocks.map((block, index) => ({
        at: `${at}.match[${index}]`,
        rule: at,
        match: normalMatch(block),
        action: normal,
    }));
}

/** Among conditions next to each other that lead to the same, the order says nothing. */
function inAnyOrder(pieces: readonly Piece[]): Piece[] {
    const runs: Piece[][] = [];
    for (const piece of pieces) {
        const run = runs.at(-1);
        const isSame = canonical(run?.[0]?.action) === canonical(piece.action);
        if (run && isSame && Object.keys(piece.match).length > 0) run.push(piece);
        else runs.push([piece]);
    }
    return runs.flatMap((run) => run.sort((one, other) => (canonical(one.match) < canonical(other.match) ? -1 : 1)));
}

function normalMatch(block: Body): Body {
    const { headers, ...rest } = omit(block, "name", "statPrefix");
    const lower = Object.entries(bodyAt({ headers }, "headers")).map(([name, value]) => [name.toLowerCase(), value]);
    return withoutEmpty({ ...rest, headers: Object.fromEntries(lower) as Body });
}

function normalAction(action: Body, namespace: string, known: Known, isHttp: boolean): Body {
    const { timeout, retries, mirrorPercentage, ...rest } = omit(action, "name", "route");
    const waits = milliseconds(textAt({ timeout }, "timeout") ?? "");
    const own = bodyAt({ retries }, "retries");
    const attempts = retries === undefined ? istioRetries : (numberAt(own, "attempts") ?? 0);
    const mirror = isBody(rest.mirror) && destination(rest.mirror, namespace, known);
    return withoutEmpty({
        ...rest,
        route: normalRoute(action, namespace, known),
        ...(waits > 0 && { timeout: waits }),
        ...(isHttp && { retries: attempts === 0 ? { attempts } : { ...own, attempts } }),
        ...(mirror && { mirror, mirrorPercentage: numberAt({ mirrorPercentage }, "mirrorPercentage", "value") ?? 100 }),
    });
}

/** Shares in percent, of those that have any. */
function normalRoute(action: Body, namespace: string, known: Known): Value {
    const routes = bodiesAt(action, "route");
    const weight = (route: Body): number => numberAt(route, "weight") ?? (routes.length === 1 ? 100 : 0);
    const sum = routes.reduce((total, route) => total + weight(route), 0);
    const shares: Record<string, number> = {};
    for (const route of routes.filter((one) => weight(one) > 0)) {
        const { destination: to, ...rest } = omit(route, "weight");
        const key = canonical({ ...rest, destination: destination(isBody(to) ? to : {}, namespace, known) });
        shares[key] = (shares[key] ?? 0) + (100 * weight(route)) / sum;
    }
    return shares;
}

/** The port of a Service that has only one says nothing. */
function destination(to: Body, namespace: string, { portOf }: Known): Body {
    const { port, ...rest } = to;
    const host = fullHost(textAt(to, "host") ?? "", namespace);
    const number = numberAt({ port }, "port", "number");
    return { ...rest, host, ...(number !== undefined && number !== portOf(host) && { port }) };
}

function omit(body: Body, ...fields: readonly string[]): Body {
    return Object.fromEntries(Object.entries(body).filter(([field]) => !fields.includes(field)));
}

function withoutEmpty(body: Body): Body {
    return Object.fromEntries(
        Object.entries(body).filter(
            ([, value]) =>
                value !== undefined &&
                value !== false &&
                !(isBody(value) && Object.keys(value).length === 0) &&
                !(Array.isArray(value) && value.length === 0),
        ),
    );
}

function differences(at: string, live: Value, proposed: Value): Difference[] {
    if (canonical(live) === canonical(proposed)) return [];
    const isRoute = at.endsWith(".route") || at.endsWith(".retries");
    if (!isBody(live) || !isBody(proposed) || isRoute) return [{ at, live, proposed }];
    return [...new Set([...Object.keys(live), ...Object.keys(proposed)])].flatMap((field) =>
        differences(`${at}.${field}`, live[field], proposed[field]),
    );
}

function distinct(found: readonly Difference[]): Difference[] {
    return [...new Map(found.map((one) => [one.at, one])).values()];
}
