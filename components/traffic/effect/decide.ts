import { askedName, fit, shortName } from "../world/hosts";
import { type Routes, type Rule } from "../world/virtualServices";
import { reading, type World } from "../world/world";
import { isAnything, type Asked, type Caller, judge, type Kind, kindOf, source } from "./matching";
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
    const found = routesAt(world, place);
    return { host, by: found.map(({ id }) => id), ...decideBy(rulesOf(found, place), kindOf(asked, caller)) };
}

/** The same for a kind of request, by the rules of its place. */
export function decideBy(rules: readonly Rule[], kind: Kind): Pick<Decision, "tried" | "rule" | "isRouted"> {
    const tried: RuleVerdict[] = [];
    for (const rule of rules) {
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
 * The VirtualServices that decide at a place: those whose host fits best. A sidecar takes one, the oldest; a gateway takes all of
 * them together.
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
    const fitting = candidates.filter((candidate) => candidate.fit === best).map(({ routes }) => routes);
    return entry === "mesh" ? fitting.slice(0, 1) : fitting;
}

/** What a proxy does with requests for which it has no rule, in words; undefined where all pods of the Service answer. */
export function withoutRules(world: World, { host, entry }: Place): string | undefined {
    if (entry !== "mesh") return `404: the gateway has no route for ${shortName(host)}`;
    return reading(world).services.has(host) ? undefined : `no Service ${shortName(host)}`;
}

function rulesOf(routes: readonly Routes[], { protocol, entry }: Place): Rule[] {
    const rules = routes.flatMap((one) => one.rules[protocol] ?? []);
    if (entry === "mesh" || routes.length < 2) return rules;
    // Of several VirtualServices at a gateway, rules for every request are tried last.
    return [...rules.filter((rule) => !isForAll(rule)), ...rules.filter(isForAll)];
}

function isForAll({ match = [] }: Rule): boolean {
    return (
        match.length === 0 ||
        match.some((block) => Object.keys(block).every((field) => field === "uri" && isAllPaths(block.uri)))
    );
}

function isAllPaths(uri: { prefix?: string; regex?: string } = {}): boolean {
    return uri.prefix === "/" || (uri.prefix === undefined && isAnything(uri)) || uri.regex === ".*";
}

function judgeRule({ match = [] }: Rule, kind: Kind): { matches: boolean; why: string } {
    if (match.length === 0) return { matches: true, why: "all requests" };
    const verdicts = match.map((block) => judge(block, kind));
    const holding = verdicts.find((verdict) => verdict.holds);
    return holding
        ? { matches: true, why: holding.why }
        : { matches: false, why: verdicts.map(({ why }) => why).join("; or ") };
}

/** istiod leaves out what is for other callers. */
function isFor({ match = [] }: Rule, kind: Kind): boolean {
    return match.length === 0 || match.some((block) => source(block, kind).holds);
}
