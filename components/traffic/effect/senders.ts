import { once } from "../world/once";
import { protocols, type Routes } from "../world/virtualServices";
import { reading, type World } from "../world/world";
import { isSelected } from "../world/workloads";
import { bodiesAt, bodyAt, mapAt, type Value } from "../world/values";
import type { Senders } from "./kinds";

/** What some worlds say of those who send requests: what is given to everybody in one of them proves nobody a tester. */
export function sendersOf(worlds: readonly World[]): Senders {
    const given = worlds.flatMap((world) => reading(world).routes.map(givenBy));
    return {
        givenHeaders: new Set(given.flatMap(({ headers }) => headers)),
        givenCookies: new Set([...given.flatMap(({ cookies }) => cookies), ...worlds.flatMap(affinityCookies)]),
        serve: (labels) => worlds.some((world) => servesUsers(world, labels)),
    };
}

/** What routes give: to requests headers, in lower case, and to users cookies. */
const givenBy = once(({ rules }: Routes): { headers: readonly string[]; cookies: readonly string[] } => {
    const own = protocols.flatMap((list) => rules[list] ?? []);
    const parts = own.flatMap((rule) => [rule, ...(rule.route ?? [])]) as unknown as Value[];
    const verbs = ["set", "add"];
    const inRequests = parts.flatMap((part) =>
        verbs.flatMap((verb) => Object.keys(bodyAt(part, "headers", "request", verb))),
    );
    const inAnswers = parts.flatMap((part) =>
        verbs.flatMap((verb) => Object.entries(mapAt(part, "headers", "response", verb))),
    );
    return {
        headers: inRequests.map((name) => name.toLowerCase()),
        cookies: inAnswers.flatMap(([name, value]) =>
            name.toLowerCase() === "set-cookie" ? [value.split("=")[0]?.trim() ?? ""] : [],
        ),
    };
});

/** Cookies by which a DestinationRule keeps users on a pod: the proxy gives them. */
function affinityCookies({ objects }: World): string[] {
    const policies = objects
        .filter(({ kind }) => kind === "DestinationRule")
        .flatMap(({ body }) => [bodyAt(body, "spec"), ...bodiesAt(body, "spec", "subsets")]);
    return policies.flatMap(
        (policy) => mapAt(policy, "trafficPolicy", "loadBalancer", "consistentHash", "httpCookie").name ?? [],
    );
}

/** Whether pods with these labels carry the requests of users: a Service leads to them. */
function servesUsers(world: World, labels: Readonly<Record<string, string>>): boolean {
    const { services, workloads } = reading(world);
    const meant = workloads.filter((workload) => isSelected(labels, workload));
    return meant.some((workload) =>
        [...services.values()].some(
            ({ namespace, selector }) => namespace === workload.namespace && isSelected(selector, workload),
        ),
    );
}
