import { protocols } from "../world/virtualServices";
import { reading, type World } from "../world/world";
import { isSelected } from "../world/workloads";
import { bodiesAt, bodyAt, mapAt, type Value } from "../world/values";
import type { Senders } from "./kinds";

/** What some worlds say of those who send requests: what is given to everybody in one of them proves nobody a tester. */
export function sendersOf(worlds: readonly World[]): Senders {
    const rules = worlds.flatMap((world) =>
        reading(world).routes.flatMap(({ rules }) => protocols.flatMap((list) => rules[list] ?? [])),
    );
    const parts = rules.flatMap((rule) => [rule, ...(rule.route ?? [])]) as unknown as Value[];
    const given = parts.flatMap((part) =>
        ["set", "add"].flatMap((verb) => Object.keys(bodyAt(part, "headers", "request", verb))),
    );
    const cookies = parts.flatMap((part) =>
        ["set", "add"].flatMap((verb) =>
            Object.entries(mapAt(part, "headers", "response", verb)).flatMap(([name, value]) =>
                name.toLowerCase() === "set-cookie" ? [value.split("=")[0]?.trim() ?? ""] : [],
            ),
        ),
    );
    return {
        givenHeaders: new Set(given.map((name) => name.toLowerCase())),
        givenCookies: new Set([...cookies, ...worlds.flatMap(affinityCookies)]),
        serve: (labels) => worlds.some((world) => servesUsers(world, labels)),
    };
}

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
