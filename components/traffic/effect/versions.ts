import { releaseHeader } from "../split/destinations";
import { fullHost, serviceNamed, shortHost } from "../world/hosts";
import type { RouteDestination } from "../world/istio";
import { once } from "../world/once";
import { protocols, type Routes, type Rule } from "../world/virtualServices";

/** What must be known of the routes around a destination to call it by its version. */
export interface Naming {
    readonly hosts: readonly string[];
    /** Whether versions are one Service's name in several namespaces. */
    readonly byNamespace: boolean;
}

/** How the versions of a VirtualService are told apart. */
export const namingOf: (routes: Routes) => Naming = once((routes: Routes): Naming => {
    const rules = protocols.flatMap((list) => routes.rules[list] ?? []);
    const services = rules.flatMap((rule) =>
        (rule.route ?? []).flatMap(({ destination }) => serviceNamed(fullHost(destination.host, rule.namespace)) ?? []),
    );
    const count = (part: "name" | "namespace"): number => new Set(services.map((service) => service[part])).size;
    // Of a single one nobody can tell, but where the rule is one that `routesFor` made.
    const isOurs = rules.some(({ name }) => name === "weighted");
    return { hosts: routes.hosts, byNamespace: count("name") === 1 && (count("namespace") > 1 || isOurs) };
});

/**
 * How a step names a destination: the release that the rule gives its requests, the subset, or what differs where versions are
 * Services of their own: the Service's name, or the namespace of the one name.
 */
export function versionNamed(one: RouteDestination, rule: Rule, { hosts, byNamespace }: Naming): string {
    const release = one.headers?.request?.set?.[releaseHeader];
    if (release !== undefined) return release;
    const host = fullHost(one.destination.host, rule.namespace);
    const { subset } = one.destination;
    const service = serviceNamed(host);
    if (subset === undefined && service && byNamespace) return service.namespace;
    const name = shortHost(host, rule.namespace);
    return subset !== undefined && (hosts.includes(host) || isOneHost(rule))
        ? subset
        : [name, subset].filter(Boolean).join("/");
}

/** Whether a rule's destinations differ by subset only, so that the subset's name alone says which is meant. */
function isOneHost({ route = [], namespace }: Rule): boolean {
    return (
        new Set(route.map(({ destination }) => fullHost(destination.host, namespace))).size === 1 &&
        route.every(({ destination }) => destination.subset !== undefined)
    );
}
