import { fit, fullHost, serviceNamed } from "./hosts";
import type { Subset } from "./istio";
import type { Placed } from "./objects";
import { once } from "./once";
import { bodiesAt, type Body, mapAt, textAt } from "./values";
import { callersOf } from "./virtualServices";

/** A DestinationRule, as far as it says which pods a version has, and who may know of it. */
export interface Subsets {
    readonly host: string;
    readonly namespace: string;
    /** The namespaces whose callers it is for; undefined for all. */
    readonly callers?: readonly string[];
    readonly subsets: readonly Subset[];
}

/** Where the mesh keeps what is for all namespaces. */
const rootNamespace = "istio-system";

/** Reads DestinationRules, the oldest first: of several definitions of a subset that one counts. */
export function subsetsIn(objects: readonly Placed[]): Subsets[] {
    const age = ({ body }: Placed): string => textAt(body, "metadata", "creationTimestamp") ?? "later";
    return [...objects]
        .sort((one, other) => (age(one) === age(other) ? 0 : age(one) < age(other) ? -1 : 1))
        .map(subsetsOf);
}

const subsetsOf = once((object: Placed): Subsets => {
    const { namespace, body } = object;
    const callers = callersOf(object);
    return {
        host: fullHost(textAt(body, "spec", "host") ?? "", namespace),
        namespace,
        ...(callers && { callers }),
        subsets: bodiesAt(body, "spec", "subsets").map(subset),
    };
});

/**
 * The rules for a host as one caller's proxy knows them, by istiod's order: those of the caller's own namespace, else what the
 * host's namespace exports to it, else what is there for the whole mesh. A rule for the host goes before one for a wildcard.
 *
 * @param from the caller's namespace; `*` for one that no rule names; undefined for the host's own.
 */
export function rulesFor(all: readonly Subsets[], host: string, from?: string): readonly Subsets[] {
    const home = serviceNamed(host)?.namespace;
    const caller = from ?? home;
    const own = closest(
        all.filter(({ namespace, callers }) => namespace === caller && (callers?.includes(namespace) ?? true)),
        host,
    );
    if (own.length > 0) return own;
    // What is for its own namespace alone was looked at there.
    const seen = all.filter(
        ({ callers }) => callers === undefined || (caller !== undefined && callers.includes(caller)),
    );
    const exported = closest(
        seen.filter(({ namespace }) => home === undefined || namespace === home),
        host,
    );
    if (exported.length > 0) return exported;
    return closest(
        seen.filter(({ namespace }) => namespace === rootNamespace),
        host,
    );
}

/** The namespaces that rules for a host tell apart; none where all callers know the same ones. */
export function callersToldApart(all: readonly Subsets[], host: string): string[] {
    const home = serviceNamed(host)?.namespace;
    return all
        .filter((rule) => fit(rule.host, host) !== undefined)
        .flatMap(({ namespace, callers = [] }) => [
            ...callers,
            ...(home !== undefined && namespace !== home && namespace !== rootNamespace ? [namespace] : []),
        ]);
}

function subset(body: Body): Subset {
    return { name: textAt(body, "name") ?? "", labels: mapAt(body, "labels") };
}

function closest(rules: readonly Subsets[], host: string): Subsets[] {
    const fitting = rules.flatMap((rule) => {
        const found = fit(rule.host, host);
        return found === undefined ? [] : [{ rule, found }];
    });
    const best = Math.max(...fitting.map(({ found }) => found));
    return fitting.filter(({ found }) => found === best).map(({ rule }) => rule);
}
