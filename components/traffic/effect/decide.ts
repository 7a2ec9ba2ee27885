import type { Rule, VirtualService } from "../world/istio";
import { Asked, Caller, judge, source } from "./matching";
import { askedName, fit, fullName, shortName } from "../world/meshHosts";
import { Mesh, Outcome, outcomeOf } from "./outcome";

/** Where a request goes, and why. */
export interface Decision {
    /** The full name of the host that is asked for. */
    readonly host: string;
    /** `namespace/name` of the VirtualServices that decide; none for a host that has none. */
    readonly by: readonly string[];
    /** The rules in the order in which they are tried, up to the one that serves. */
    readonly tried: readonly RuleVerdict[];
    readonly outcome: Outcome;
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
 *
 * A sidecar takes one VirtualService for a host, the oldest; a gateway takes all of them together, rules for every request last.
 */
export function decide(mesh: Mesh, caller: Caller, asked: Asked): Decision {
    const host = askedName(asked.host, caller.namespace, mesh.services);
    const found = virtualServicesFor(mesh, caller, host);
    const by = found.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    const rules = rulesFor(found, caller);
    const tried: RuleVerdict[] = [];
    for (const { rule, name, namespace } of rules) {
        const verdict = judgeRule(rule, asked, caller);
        tried.push({ rule: name, ...verdict });
        if (verdict.matches) return { host, by, tried, outcome: outcomeOf(mesh, rule, namespace, asked) };
    }
    if (rules.some(({ rule }) => isFor(rule, caller))) {
        return {
            host,
            by,
            tried,
            outcome: { kind: "answer", status: 404, why: "no rule matches, and there is none for all requests" },
        };
    }
    return { host, by, tried, outcome: withoutRules(mesh, caller, host, asked) };
}

function virtualServicesFor({ virtualServices }: Mesh, caller: Caller, host: string): VirtualService[] {
    const candidates = virtualServices.flatMap((virtualService) => {
        const { namespace } = virtualService.metadata;
        const gateways = virtualService.spec.gateways ?? ["mesh"];
        const own = gateways.map((gateway) =>
            gateway === "mesh" || gateway.includes("/") ? gateway : `${namespace}/${gateway}`,
        );
        if (!own.includes(caller.gateway ?? "mesh")) return [];
        const fits = (virtualService.spec.hosts ?? []).flatMap((name) => fit(fullName(name, namespace), host) ?? []);
        return fits.length > 0 ? [{ virtualService, fit: Math.max(...fits) }] : [];
    });
    const best = Math.max(...candidates.map((candidate) => candidate.fit));
    const fitting = candidates
        .filter((candidate) => candidate.fit === best)
        .map((candidate) => candidate.virtualService);
    return caller.gateway ? fitting : fitting.slice(0, 1);
}

interface NamedRule {
    rule: Rule;
    name: string;
    namespace: string;
}

function rulesFor(virtualServices: readonly VirtualService[], { gateway }: Caller): NamedRule[] {
    const rules = virtualServices.flatMap(({ metadata, spec }) =>
        (spec.http ?? []).map((rule, index) => ({
            rule,
            name: rule.name ?? `rule ${index + 1}`,
            namespace: metadata.namespace,
        })),
    );
    if (!gateway || virtualServices.length < 2) return rules;
    return [...rules.filter(({ rule }) => rule.match?.length), ...rules.filter(({ rule }) => !rule.match?.length)];
}

function judgeRule(rule: Rule, asked: Asked, caller: Caller): { matches: boolean; why: string } {
    if (!rule.match?.length) return { matches: true, why: "all requests" };
    const verdicts = rule.match.map((match) => judge(match, asked, caller));
    const holding = verdicts.find((verdict) => verdict.holds);
    return holding
        ? { matches: true, why: holding.why }
        : { matches: false, why: verdicts.map(({ why }) => why).join("; or ") };
}

/** istiod leaves out what is for other callers; a proxy that gets no rule at all does as if there were no VirtualService. */
function isFor(rule: Rule, caller: Caller): boolean {
    return !rule.match?.length || rule.match.some((match) => source(match, caller).holds);
}

function withoutRules({ services }: Mesh, caller: Caller, host: string, asked: Asked): Outcome {
    if (caller.gateway) return { kind: "answer", status: 404, why: `the gateway has no route for ${shortName(host)}` };
    if (!services.includes(host)) return { kind: "passes" };
    return { kind: "shares", shares: [{ host, percent: 100, headers: asked.headers, path: asked.path }] };
}
