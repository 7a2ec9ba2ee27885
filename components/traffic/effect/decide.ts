import { protocolsOf } from "../world/ports";
import { askedName, fit, shortName } from "../world/hosts";
import { type Routes, type Rule } from "../world/virtualServices";
import { reading, type World } from "../world/world";
import type { Match } from "../world/istio";
import { type Asked, type Caller, judge, type Kind, kindOf, source } from "./matching";
import type { Place } from "./kinds";

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
    const host = askedName(asked.host, caller.namespace, (name) => reading(world).services.has(name));
    const place: Place = { host, entry: caller.gateway ?? "mesh", protocol: "http", from: caller.namespace };
    const kind = kindOf(asked, caller);
    const found = routesAt(world, place);
    const rules = rulesOf(found, place);
    const [used] = place.entry === "mesh" ? rules.filter((rule) => isFor(rule, kind)) : [];
    const by = found.map(({ id }) => id);
    return { host, by: used ? [used.owner] : place.entry === "mesh" ? by.slice(0, 1) : by, ...decideBy(rules, kind) };
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

/** The rules at a place, in the order in which they are tried. */
export function rulesAt(world: World, place: Place): readonly Rule[] {
    return rulesOf(routesAt(world, place), place);
}

/**
 * The VirtualServices that decide at a place: those whose host fits best, first what is for its own namespace alone, then what
 * names the callers' namespace, then what is for all, each from old to new. A sidecar takes the first of them that has a rule for it;
 * a gateway takes all of them together.
 */
export function routesAt(world: World, { host, entry, from }: Place): readonly Routes[] {
    const { routesOf, wildcards } = reading(world);
    const candidates = [...new Set([...(routesOf.get(host) ?? []), ...wildcards])].flatMap((routes) => {
        if (!routes.entries.includes(entry)) return [];
        if (routes.callers && (from === undefined || !routes.callers.includes(from))) return [];
        const fits = routes.hosts.flatMap((name) => fit(name, host) ?? []);
        return fits.length > 0 ? [{ routes, fit: Math.max(...fits) }] : [];
    });
    const best = Math.max(...candidates.map((candidate) => candidate.fit));
    return candidates
        .filter((candidate) => candidate.fit === best)
        .map(({ routes }) => routes)
        .sort((one, other) => reach(one, from) - reach(other, from));
}

/**
 * A place as a world has it. A short form of a Service's name that no routes have means the Service; and whether what comes to a
 * Service is requests or connections is decided by its ports: the users are the same.
 */
export function asAsked(world: World, place: Place): Place {
    if (place.entry !== "mesh") return place;
    const { services } = reading(world);
    const isKnown = (host: string): boolean => services.has(host) || routesAt(world, { ...place, host }).length > 0;
    const forms = [place.host, `${place.host}.svc.cluster.local`, `${place.host}.cluster.local`];
    const host = forms.find(isKnown) ?? place.host;
    const service = services.get(host);
    const protocols = service ? protocolsOf(service) : [place.protocol];
    const [first = place.protocol] = protocols;
    return { ...place, host, protocol: protocols.includes(place.protocol) ? place.protocol : first };
}

/** What a proxy does with requests for which it has no rule, in words; undefined where all pods of the Service answer. */
export function withoutRules(world: World, { host, entry }: Place): string | undefined {
    if (entry !== "mesh") return `404: the gateway has no route for ${shortName(host)}`;
    return reading(world).services.has(host) ? undefined : `no Service ${shortName(host)}`;
}

/** How far a VirtualService reaches: 0 where it is for its own namespace alone, 1 for some, 2 for all. */
function reach({ callers, namespace }: Routes, from: string | undefined): number {
    if (!callers) return 2;
    return namespace === from ? 0 : 1;
}

function rulesOf(routes: readonly Routes[], { protocol, entry }: Place): Rule[] {
    const lists = routes.map((one) => one.rules[protocol] ?? []);
    if (entry === "mesh" || routes.length < 2) return lists.flat();
    return atGateway(lists, entry);
}

/**
 * The rules of several VirtualServices for one host of a gateway. istiod makes a route of each block of conditions, of each
 * VirtualService up to the first for every request; those for every request are tried last.
 */
function atGateway(lists: readonly (readonly Rule[])[], entry: string): Rule[] {
    const routes = lists.flatMap((rules) => {
        const pieces = rules.flatMap(piecesOf);
        const end = pieces.findIndex((rule) => isForAll(rule) && isCertain(rule, entry));
        return end < 0 ? pieces : pieces.slice(0, end + 1);
    });
    return [...routes.filter((rule) => !isForAll(rule)), ...routes.filter(isForAll)];
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
