import type { Change } from "../effect/changes";
import type { Finding } from "./findings";
import { nameOf } from "./words";

/** What of a change says which service it is of. */
export type Named = Pick<Change, "service" | "namespace">;

/** What tells a service from all others: two of one name in two namespaces are two, each with its own stable version and limits. */
export function serviceId({ service, namespace }: Named): string {
    return `${namespace}/${service}`;
}

/** The names that several services have, each in a namespace of its own. */
export function sharedNames(services: readonly Pick<Finding, "service" | "namespace">[]): ReadonlySet<string> {
    const namespaces = new Map<string, Set<string>>();
    for (const { service, namespace } of services)
        if (namespace !== undefined) namespaces.set(service, (namespaces.get(service) ?? new Set()).add(namespace));
    return new Set([...namespaces].filter(([, all]) => all.size > 1).map(([name]) => name));
}

/** How messages call a service: `review`, or `review in stage` where it shares its name. */
export function titleOf(one: Named, shared: ReadonlySet<string>): string {
    return shared.has(one.service) ? nameOf(one) : one.service;
}

/** Findings that say a namespace only where there is another service of the same name. */
export function withNeededNamespaces(findings: readonly Finding[], services: readonly Named[]): Finding[] {
    const shared = sharedNames([...services, ...findings]);
    const needed = <One extends Pick<Finding, "service" | "namespace">>({ namespace, ...rest }: One) =>
        shared.has(rest.service) ? { ...rest, namespace } : rest;
    return findings.map((one) => ({ ...needed(one), ...(one.parts && { parts: one.parts.map(needed) }) }));
}
