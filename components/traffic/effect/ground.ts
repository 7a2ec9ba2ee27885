import type { Match } from "../world/istio";
import { onceForBoth } from "../world/once";
import type { World } from "../world/world";
import { routesAt, rulesAt } from "./decide";
import { hasUsers } from "./effect";
import { type Edge, edgesOf } from "./flows";
import type { Place } from "./kind";
import type { Senders } from "./kinds";
import type { Named } from "./names";
import { marksAt, nameOfPlace, namespaceAt, placeId, placesOf } from "./places";
import { sendersOf } from "./senders";

/** What is known of a step before any of its places is looked at by itself. */
export interface Ground {
    readonly before: World;
    readonly after: World;
    /** Where somebody is served before it. A place that is not is deployed for the first time, and that is no step. */
    readonly places: readonly Place[];
    readonly senders: Senders;
    /** Headers that routes give and that routes of others go by. */
    readonly followed: ReadonlySet<string>;
    /** The ids of places whose routes go by them. */
    readonly following: ReadonlySet<string>;
    /** Who gives them. */
    readonly edges: readonly Edge[];
}

/** Looks at a step. It is asked for by its judge, and by whoever tells who moves: those get the same. */
export const groundOf: (before: World, after: World) => Ground = onceForBoth((before, after) => {
    const worlds = [before, after];
    const senders = sendersOf(worlds);
    const all = placesOf(worlds);
    const decided = all.map(
        (place) => [placeId(place), conditionsAt({ before, after, senders }, place).decided] as const,
    );
    const following = decided.filter(([, headers]) => headers.length > 0);
    return {
        before,
        after,
        places: all.filter((place) => hasUsers(before, place)),
        senders,
        followed: new Set(following.flatMap(([, headers]) => headers)),
        following: new Set(following.map(([id]) => id)),
        // Only where somebody follows what edges give does it matter who they are.
        edges: following.length === 0 ? [] : edgesOf(worlds, all),
    };
});

/** What rules at a place ask of requests. */
export interface Conditions {
    /** Before the step, without headers that routes themselves decide. */
    readonly before: readonly Match[];
    /** With it, the same. */
    readonly after: readonly Match[];
    /** Those headers, in lower case. */
    readonly decided: readonly string[];
}

/** What rules at a place ask of requests before and after a step. */
export function conditionsAt(
    { before, after, senders: { givenHeaders } }: Pick<Ground, "before" | "after" | "senders">,
    place: Place,
): Conditions {
    const asked = [before, after].map((world) => rulesAt(world, place).flatMap(({ match = [] }) => match));
    if (asked.every((matches) => matches.length === 0)) return { before: [], after: [], decided: [] };
    const named = asked
        .flat()
        .flatMap(({ headers = {}, withoutHeaders = {} }) => Object.keys({ ...headers, ...withoutHeaders }));
    const decided = [...new Set(named.map((name) => name.toLowerCase()))].filter((name) => givenHeaders.has(name));
    const [was = [], is = []] = asked.map((matches) => matches.map((match) => without(match, decided)));
    return { before: was, after: is, decided };
}

function without(match: Match, names: readonly string[]): Match {
    const kept = (headers: Match["headers"] = {}): NonNullable<Match["headers"]> =>
        Object.fromEntries(Object.entries(headers).filter(([name]) => !names.includes(name.toLowerCase())));
    return {
        ...match,
        ...(match.headers && { headers: kept(match.headers) }),
        ...(match.withoutHeaders && { withoutHeaders: kept(match.withoutHeaders) }),
    };
}

/** How config and messages call the service at a place, and whose it is. */
export function calledAt({ before, after }: Pick<Ground, "before" | "after">, place: Place): Named {
    const service =
        marksAt(before, place).service ??
        marksAt(after, place).service ??
        nameOfPlace(decidedWith([before, after], place));
    return { service, namespace: namespaceAt(before, place) ?? namespaceAt(after, place) ?? "" };
}

/** The first host of the routes that decide at a place: what one VirtualService decides for several hosts is one service's step. */
function decidedWith(worlds: readonly World[], place: Place): Place {
    const hosts = worlds.flatMap((world) => routesAt(world, place)).map((routes) => routes.hosts);
    const [first] = hosts.find((all) => all.includes(place.host)) ?? [];
    return first === undefined ? place : { ...place, host: first };
}
