import { declaresHttp, protocolsOf } from "../world/ports";
import { askedName, fit, shortName } from "../world/hosts";
import type { Routes, Rule } from "../world/virtualServices";
import { reading, type ServiceObject, type World } from "../world/world";
import type { Match } from "../world/istio";
import type { Kind, Place } from "./kind";
import { type Asked, type Caller, judge, kindOf, source } from "./matching";

/** Where a request goes, and why. */
export interface Decision {
    /** The full name of the host that is asked for. */
    readonly host: string;
    /** `namespace/name` of the VirtualServices that decide; none for a host that has none. */
    readonly by: readonly string[];
    /** The rules in the order in which they are tried, up to the one that serves. */
    readonly tried: readonly RuleVerdict[];
    /** The rule that serves; undefined where there is none for the request. */
    readonly rule?: Rule;
    /** Whether the proxy has any rule for this caller: where it has none, it does as if there were no VirtualService. */
    readonly isRouted: boolean;
}

/** What became of one rule. */
export interface RuleVerdict {
    /** Its name, or its place in the VirtualService: `rule 2`. */
    readonly rule: string;
    readonly matches: boolean;
    /** The conditions that hold, or why none does. */
    readonly why: string;
}

/**
 * Says what the caller's proxy does with a request, by Istio's order: the VirtualService whose host fits best, its rules from
 * first to last, in each rule one block of conditions or another, in each block all conditions.
 */
export function decide(world: World, caller: Caller, asked: Asked): Decision {
    const entry = caller.gateway ?? "mesh";
    const { services } = reading(world);
    const host = askedName(
        asked.host,
        caller.namespace,
        (name) => services.has(name) || isNamed(world, { host: name, entry }),
    );
    const place: Place = { host, entry, protocol: "http", from: caller.namespace };
    const kind = kindOf(asked, caller);
    const levels = levelsAt(world, place);
    const isForCaller = (rule: Rule): boolean => isFor(rule, kind);
    const found = levels.find((routes) => rulesOf(routes, place).some(isForCaller)) ?? levels[0] ?? [];
    const used = place.entry === "mesh" ? rulesOf(found, place).find(isForCaller) : undefined;
    const by = found.map(({ id }) => id);
    return {
        host,
        by: used ? [used.owner] : place.entry === "mesh" ? by.slice(0, 1) : by,
        ...decideAt(world, place, kind),
    };
}

/** The same for a kind of request at a place: by the VirtualServices that fit best of those that have any rule for these callers. */
export function decideAt(world: World, place: Place, kind: Kind): Pick<Decision, "tried" | "rule" | "isRouted"> {
    const decisions = levelsAt(world, place).map((routes) => decideBy(asTried(routes, place, kind), kind));
    return decisions.find(({ isRouted }) => isRouted) ?? decisions[0] ?? { tried: [], isRouted: false };
}

/**
 * The same for a kind of request, by the rules of its place. A sidecar takes one VirtualService: the first that has any rule for
 * this caller and port.
 */
export function decideBy(rules: readonly Rule[], kind: Kind): Pick<Decision, "tried" | "rule" | "isRouted"> {
    const tried: RuleVerdict[] = [];
    const used = kind.entry === "mesh" ? (rules.find((rule) => isFor(rule, kind)) ?? rules[0])?.owner : undefined;
    for (const rule of rules.filter(({ owner }) => used === undefined || owner === used)) {
        const verdict = judgeRule(rule, kind);
        tried.push({ rule: rule.title, ...verdict });
        if (verdict.matches) return { tried, rule, isRouted: true };
    }
    return { tried, isRouted: rules.some((rule) => isFor(rule, kind)) };
}

/** The rules at a place, of all who decide there for some callers. */
export function rulesAt(world: World, place: Place): readonly Rule[] {
    return levelsAt(world, place).flatMap((routes) => rulesOf(routes, place));
}

/**
 * The VirtualServices at a place by how well their hosts fit, the best first. Those of the next level decide for callers for whom the
 * level before has no rule at all: the proxy gets nothing for that host then. What a Service has is never a wildcard's.
 */
export function levelsAt(world: World, place: Place): (readonly Routes[])[] {
    const levels: (readonly Routes[])[] = [];
    let next = routesAt(world, place);
    while (next.length > 0) {
        levels.push(next);
        const isSettled = serviceAt(world, place) !== undefined || next.some((routes) => isForAnybody(routes, place));
        next = isSettled
            ? []
            : sorted(
                  fitting(world, place, (routes) => !levels.flat().includes(routes)),
                  place,
              );
    }
    return levels;
}

/** Whether routes have a rule for every caller at a place, whatever it asks for. */
function isForAnybody({ rules }: Routes, { protocol, entry }: Place): boolean {
    return (rules[protocol] ?? []).some((rule) => isCertain(rule, entry));
}

/**
 * The VirtualServices that decide at a place: those whose host fits best, first what is for its own namespace alone, then what
 * names the callers' namespace, then what is for all, each from old to new. A sidecar takes the first of them that has a rule for it;
 * a gateway takes all of them together.
 *
 * A VirtualService for `review.shop` has requests to that name alone, and not those to the Service; one for the Service has those to
 * all short forms of its name, `review.shop` among them. Where there are both, the older has that name.
 */
export function routesAt(world: World, place: Place): readonly Routes[] {
    const { deciding } = reading(world);
    const key = `${place.host} ${place.entry} ${place.from ?? ""}`;
    const routes = deciding.get(key) ?? routesFor(world, place);
    deciding.set(key, routes);
    return routes;
}

function routesFor(world: World, place: Place): readonly Routes[] {
    const service = serviceAt(world, place);
    const isByShortName = service !== undefined && service.host !== place.host;
    if (!isByShortName) return sorted(fitting(world, place), place);
    const named = isNamed(world, place) ? fitting(world, place, ({ hosts }) => hosts.includes(place.host)) : [];
    const found = [...named, ...fitting(world, { ...place, host: service.host })];
    return sorted(
        reading(world).routes.filter((routes) => found.includes(routes)),
        place,
    );
}

function sorted(routes: readonly Routes[], { from }: Place): readonly Routes[] {
    return [...routes].sort((one, other) => reach(one, from) - reach(other, from));
}

/** @param counts which of them count. Default: all. */
function fitting(
    world: World,
    { host, entry, from }: Place,
    counts: (routes: Routes) => boolean = () => true,
): Routes[] {
    const { routesOf, wildcards } = reading(world);
    const candidates = [...new Set([...(routesOf.get(host) ?? []), ...wildcards])].flatMap((routes) => {
        if (!counts(routes) || !routes.entries.includes(entry)) return [];
        if (routes.callers && (from === undefined || !routes.callers.includes(from))) return [];
        const fits = routes.hosts.flatMap((name) => fit(name, host) ?? []);
        return fits.length > 0 ? [{ routes, fit: Math.max(...fits) }] : [];
    });
    const best = Math.max(...candidates.map((candidate) => candidate.fit));
    return candidates.filter((candidate) => candidate.fit === best).map(({ routes }) => routes);
}

/** The Service that callers in the mesh mean by a place's host: by its full name, or by a short form of it. */
export function serviceAt(world: World, { host, entry }: Pick<Place, "host" | "entry">): ServiceObject | undefined {
    if (entry !== "mesh") return undefined;
    const { services } = reading(world);
    return services.get(host) ?? services.get(`${host}.svc.cluster.local`) ?? services.get(`${host}.cluster.local`);
}

/** Whether requests to just this name have routes of their own. */
function isNamed(world: World, { host, entry }: Pick<Place, "host" | "entry">): boolean {
    const service = serviceAt(world, { host, entry });
    const isRead = service === undefined || service.host === host || declaresHttp(service);
    return isRead && (reading(world).routesOf.get(host) ?? []).some(({ entries }) => entries.includes(entry));
}

/**
 * A place as a world has it. A short form of a Service's name that no routes have means the Service; and whether what comes to a
 * Service is requests or connections is decided by its ports: the users are the same.
 */
export function asAsked(world: World, place: Place): Place {
    if (place.entry !== "mesh") return place;
    const service = serviceAt(world, place);
    const host = isNamed(world, place) ? place.host : (service?.host ?? place.host);
    const protocols = service ? protocolsOf(service) : [place.protocol];
    const [first = place.protocol] = protocols;
    return { ...place, host, protocol: protocols.includes(place.protocol) ? place.protocol : first };
}

/** What a proxy does with requests for which it has no rule, in words; undefined where all pods of the Service answer. */
export function withoutRules(world: World, place: Place): string | undefined {
    if (place.entry !== "mesh") return `404: the gateway has no route for ${shortName(place.host)}`;
    return serviceAt(world, place) ? undefined : `no Service ${shortName(place.host)}`;
}

/** How far a VirtualService reaches: 0 where it is for its own namespace alone, 1 for some, 2 for all. */
function reach({ callers, namespace }: Routes, from: string | undefined): number {
    if (!callers) return 2;
    return namespace === from ? 0 : 1;
}

function rulesOf(routes: readonly Routes[], { protocol }: Place): Rule[] {
    return routes.flatMap(({ rules }) => rules[protocol] ?? []);
}

/**
 * The rules in the order in which a kind of request meets them. At a gateway istiod makes a route of each block of conditions that
 * is for its proxy, of each VirtualService up to the first for every request; those for every request are tried last.
 */
function asTried(routes: readonly Routes[], place: Place, kind: Kind): Rule[] {
    if (place.entry === "mesh" || routes.length < 2) return rulesOf(routes, place);
    const pieces = routes.flatMap((one) => {
        const own = rulesOf([one], place).flatMap((rule) => piecesOf(rule).filter((piece) => isFor(piece, kind)));
        const end = own.findIndex(isForAll);
        return end < 0 ? own : own.slice(0, end + 1);
    });
    return [...pieces.filter((rule) => !isForAll(rule)), ...pieces.filter(isForAll)];
}

/** A rule for every request among other conditions is a rule for each of them. */
function piecesOf(rule: Rule): Rule[] {
    const { match = [] } = rule;
    return match.length > 1 && match.some(takesAll) ? match.map((block) => ({ ...rule, match: [block] })) : [rule];
}

function isForAll({ match = [] }: Rule): boolean {
    return match.length === 0 || match.some(takesAll);
}

/** Whether a block has no condition for Envoy: what it says of gateways, callers and ports decides only who gets it at all. */
function takesAll({ uri = {}, method, authority, scheme, headers, withoutHeaders, queryParams }: Match): boolean {
    const isAnyPath =
        uri.prefix === "/" ||
        uri.regex === ".*" ||
        (uri.exact === undefined && uri.prefix === undefined && uri.regex === undefined);
    const named = [headers, withoutHeaders, queryParams].flatMap((conditions) => Object.keys(conditions ?? {}));
    return isAnyPath && !method && !authority && !scheme && named.length === 0;
}

/** Whether all callers at a gateway get a rule. */
function isCertain({ match = [] }: Rule, entry: string): boolean {
    return match.every(
        ({ gateways = [], port, sourceLabels, sourceNamespace }) =>
            port === undefined &&
            (gateways.length > 0 ? gateways.includes(entry) : !sourceLabels && sourceNamespace === undefined),
    );
}

function judgeRule({ match = [] }: Rule, kind: Kind): { matches: boolean; why: string } {
    if (match.length === 0) return { matches: true, why: "all requests" };
    const verdicts = match.map((block) => judge(block, kind));
    const holding = verdicts.find((verdict) => verdict.holds);
    return holding
        ? { matches: true, why: holding.why }
        : { matches: false, why: verdicts.map(({ why }) => why).join("; or ") };
}

/** istiod leaves out what is for other callers, or for another port. */
function isFor({ match = [] }: Rule, kind: Kind): boolean {
    const isMeant = (block: Match): boolean =>
        source(block, kind).holds && (block.port === undefined || block.port === kind.port);
    return match.length === 0 || match.some(isMeant);
}
