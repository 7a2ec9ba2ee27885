import type { Change } from "./changes";

/** What of a change says which service it is of. */
export type Named = Pick<Change, "service" | "namespace">;

/** The same where the namespace may be left out. */
export interface MaybePlaced {
    readonly service: string;
    readonly namespace?: string | undefined;
}

/** What tells a service from all others: two of one name in two namespaces are two, each with its own stable version and limits. */
export function serviceId({ service, namespace }: Named): string {
    return `${namespace}/${service}`;
}

/** The names that several services have, each in a namespace of its own. */
export function sharedNames(services: readonly MaybePlaced[]): ReadonlySet<string> {
    const namespaces = new Map<string, Set<string>>();
    for (const { service, namespace } of services)
        if (namespace !== undefined) namespaces.set(service, (namespaces.get(service) ?? new Set()).add(namespace));
    return new Set([...namespaces].filter(([, all]) => all.size > 1).map(([name]) => name));
}

/** How messages call a service: `review`, or `review in stage` where it shares its name. */
export function titleOf(one: Named, shared: ReadonlySet<string>): string {
    return shared.has(one.service) ? nameOf(one) : one.service;
}

/** `review`, or `review in stage` where the namespace is said. */
export function nameOf({ service, namespace }: MaybePlaced): string {
    return namespace === undefined ? service : `${service} in ${namespace}`;
}
