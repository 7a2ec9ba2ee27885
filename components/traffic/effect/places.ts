import type { Marks } from "../world/marks";
import { protocolsOf } from "../world/ports";
import { once } from "../world/once";
import { protocols, type Routes } from "../world/virtualServices";
import { reading, type World } from "../world/world";
import { callersToldApart } from "../world/destinationRules";
import { fit, fullHost, serviceNamed, shortHost } from "../world/hosts";
import { asAsked, routesAt, serviceAt } from "./decide";
import type { Place } from "./kind";

/** Every place at which somebody is served, in one of several worlds. */
export function placesOf(worlds: readonly World[]): Place[] {
    const places = new Map<string, Place>();
    const add = (place: Place): void => void places.set(placeId(place), place);
    const callers = new Map<string, readonly (string | undefined)[]>();
    const callersAt = (host: string): readonly (string | undefined)[] => {
        const known = callers.get(host) ?? callersOf(worlds, host);
        callers.set(host, known);
        return known;
    };
    for (const world of worlds) {
        const { routes, services } = reading(world);
        for (const one of routes)
            for (const host of one.hosts)
                for (const entry of one.entries)
                    for (const protocol of protocolsAt(world, one, host, entry))
                        for (const from of callersAt(host))
                            add({ host, entry, protocol, ...(from !== undefined && { from }) });
        for (const { host, body } of services.values())
            for (const protocol of protocolsOf({ body }))
                for (const from of callersAt(host))
                    add({ host, entry: "mesh", protocol, ...(from !== undefined && { from }) });
    }
    return [...places.values()];
}

/** What tells a place from all others. */
export function placeId({ host, entry, protocol, from = "" }: Place): string {
    return `${host} ${entry} ${protocol} ${from}`;
}

/** What is declared for a place: by the routes that decide there, else by the Service whose pods share its requests. */
export function marksAt(world: World, asked: Place): Marks {
    const place = asAsked(world, asked);
    const [routes] = routesAt(world, place);
    if (routes) return routes.marks;
    return serviceAt(world, place)?.marks ?? {};
}

/**
 * The namespace of the service at a place: the one that all its routes lead to, wherever they stand; of those that lead to several
 * their own; without routes its Service's.
 */
export function namespaceAt(world: World, asked: Place): string | undefined {
    const place = asAsked(world, asked);
    const [routes] = routesAt(world, place);
    if (!routes) return serviceAt(world, place)?.namespace;
    const [first, ...others] = new Set(hostsLedTo(routes).map((host) => serviceNamed(host)?.namespace));
    return others.length === 0 && first !== undefined ? first : routes.namespace;
}

/** How a place is called in messages where nothing else is said: by its Service, or its host. */
export function nameOfPlace({ host }: Place): string {
    return shortHost(host).split(".")[0] === "" ? host : (shortHost(host).split(".svc.")[0] ?? host);
}

/** What rules there are at a place decides by what its requests are told apart; of a Service its ports do, too. */
function protocolsAt(world: World, routes: Routes, host: string, entry: string): readonly Place["protocol"][] {
    const service = serviceAt(world, { host, entry });
    return service ? protocolsOf(service) : protocols.filter((one) => routes.rules[one]);
}

/**
 * The classes of callers that are not served alike: told apart by the `exportTo` of routes and of DestinationRules, and by who has
 * DestinationRules of its own. Undefined where all are alike.
 */
function callersOf(worlds: readonly World[], host: string): (string | undefined)[] {
    const named = worlds.flatMap((world) => {
        const { routesOf, wildcards, subsetsFor } = reading(world);
        const covering = wildcards.filter(({ hosts }) => hosts.some((name) => fit(name, host) !== undefined));
        const { host: full = host } = serviceAt(world, { host, entry: "mesh" }) ?? {};
        const routes = [...[...new Set([host, full])].flatMap((name) => routesOf.get(name) ?? []), ...covering];
        const destinations = new Set(routes.flatMap(hostsLedTo));
        return [
            ...routes.flatMap(({ callers = [] }) => callers),
            ...[...destinations].flatMap((destination) => callersToldApart(subsetsFor(destination), destination)),
        ];
    });
    return named.length === 0 ? [undefined] : [...new Set(named), "*"];
}

/** The full names of the hosts to which routes lead. */
export const hostsLedTo = once(({ rules }: Routes): readonly string[] =>
    protocols.flatMap((list) =>
        (rules[list] ?? []).flatMap(({ route = [], namespace }) =>
            route.map(({ destination }) => fullHost(destination.host, namespace)),
        ),
    ),
);
