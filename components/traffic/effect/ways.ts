import { fullHost } from "../world/hosts";
import type { Rule } from "../world/virtualServices";
import { reading, subsetOf, type World } from "../world/world";
import { type Decision, withoutRules } from "./decide";
import { type Asked, type Caller, judge, kindOf } from "./matching";
import { destinationShares, faultsOf } from "./outcome";
import { headersFor, lowerCased } from "./requestHeaders";
import { rewritten } from "./rewrite";

/** Where a part of a rule's requests goes, and as what it arrives. */
export interface Way {
    /** The full name of the host. */
    readonly host: string;
    /** The version; all pods of the host where there is none. */
    readonly subset?: string;
    /** The labels of that version's pods. */
    readonly labels?: Readonly<Record<string, string>>;
    /** Its share of the requests that get this far. */
    readonly percent: number;
    /** The headers with which these requests arrive, by their names in lower case. */
    readonly headers: Readonly<Record<string, string>>;
    readonly path: string;
    /** No DestinationRule knows the version: such a request is answered with 503. */
    readonly missing?: boolean;
}

/** A part of the requests that a rule answers with a failure on purpose. */
export interface Fault {
    readonly why: string;
    readonly percent: number;
}

/** What a request meets. */
export type Met =
    | { readonly kind: "shares"; readonly shares: readonly Way[]; readonly faults?: readonly Fault[] }
    /** The proxy answers by itself. */
    | { readonly kind: "answer"; readonly status: number; readonly why: string }
    /** The proxy has no routes for the host and lets the request pass to the address that it was meant for. */
    | { readonly kind: "passes" }
    /** Something that can't be read. */
    | { readonly kind: "unknown"; readonly why: string };

/** What a request meets by the decision of its caller's proxy. */
export function metBy(world: World, decision: Decision, caller: Caller, asked: Asked): Met {
    const { host, by, rule, isRouted } = decision;
    const hidden = reading(world).routes.find(({ id, unreadable }) => by.includes(id) && unreadable !== undefined);
    if (hidden) return { kind: "unknown", why: `of VirtualService ${hidden.id}, ${hidden.unreadable}` };
    if (rule) return metByRule(world, rule, caller, asked);
    if (isRouted) return { kind: "answer", status: 404, why: "no rule matches, and there is none for all requests" };
    const why = withoutRules(world, { host, entry: caller.gateway ?? "mesh", protocol: "http" });
    if (why === undefined) {
        const headers = lowerCased(asked.headers);
        return { kind: "shares", shares: [{ host, percent: 100, headers, path: asked.path }] };
    }
    return caller.gateway === undefined
        ? { kind: "passes" }
        : { kind: "answer", status: 404, why: why.replace(/^404: /, "") };
}

/** The ways that requests of a rule go, each with its share; none where the rule leads nowhere. */
export function waysOf(world: World, rule: Rule, caller: Caller, asked: Asked): Way[] {
    const kind = kindOf(asked, caller);
    const path = rewritten(
        asked.path,
        rule.rewrite,
        rule.match?.find((block) => judge(block, kind).holds),
    );
    const shares = destinationShares(rule);
    return (rule.route ?? []).flatMap((one, index): Way[] => {
        const percent = shares[index] ?? 0;
        if (percent === 0) return [];
        const host = fullHost(one.destination.host, rule.namespace);
        const { subset } = one.destination;
        const way = { host, percent, headers: headersFor(rule, one, lowerCased(asked.headers)), path };
        if (subset === undefined) return [way];
        const known = subsetOf(world, host, subset, caller.namespace);
        return [{ ...way, subset, ...(known ? { labels: known.labels ?? {} } : { missing: true }) }];
    });
}

function metByRule(world: World, rule: Rule, caller: Caller, asked: Asked): Met {
    if (rule.redirect) return { kind: "answer", status: rule.redirect.redirectCode ?? 301, why: "the rule redirects" };
    if (rule.directResponse)
        return { kind: "answer", status: rule.directResponse.status, why: "the rule answers by itself" };
    const shares = waysOf(world, rule, caller, asked);
    if (shares.length === 0) return { kind: "answer", status: 503, why: "the rule leads nowhere" };
    const faults = faultsOf(rule).map(({ outcome, percent }) => ({ why: outcome.name, percent }));
    return { kind: "shares", shares, ...(faults.length > 0 && { faults }) };
}
