import type { Change } from "../effect/changes";
import { routesAt } from "../effect/decide";
import { effectOf, isSame, isServed, isStill } from "../effect/effect";
import type { Place } from "../effect/kind";
import { anyRequest } from "../effect/kinds";
import { marksAt, nameOfPlace, namespaceAt, placeId, placesOf } from "../effect/places";
import type { Routes } from "../world/virtualServices";
import { reading, type World } from "../world/world";
import type { Finding } from "./findings";
import { namedFor } from "./leads";
import { stableOf } from "./stable";

/**
 * What can't be judged is refused, never let through, unless what is proposed can be read and has all users on the stable version:
 * that way is always open.
 *
 * @returns the findings, and the places that they are about.
 */
export function unreadableFindings(
    changes: readonly Change[],
    { before, after }: { readonly before: World; readonly after: World },
): { findings: Finding[]; places: string[] } {
    const worlds = [before, after];
    const hidden = new Map(
        worlds
            .flatMap((world) => reading(world).routes.filter(({ unreadable }) => unreadable !== undefined))
            .map((one) => [one.id, one]),
    );
    if (hidden.size === 0) return { findings: [], places: [] };
    const found = placesOf(worlds).flatMap((place) => {
        const routes = worlds.flatMap((world) => routesAt(world, place)).flatMap(({ id }) => hidden.get(id) ?? []);
        return routes[0] && isServed(before, place) ? [{ place, routes: routes[0] }] : [];
    });
    const findings = found
        .filter(({ place, routes }) => !isBackToStable(place, changes, before, after, routes))
        .map(({ place, routes }): Finding => {
            const service = marksAt(before, place).service ?? marksAt(after, place).service ?? nameOfPlace(place);
            const namespace = namespaceAt(before, place) ?? namespaceAt(after, place);
            return { code: "unreadable", service, namespace, detail: `${routes.unreadable}` };
        });
    return { findings, places: found.map(({ place }) => placeId(place)) };
}

function isBackToStable(
    place: Place,
    changes: readonly Change[],
    before: World,
    after: World,
    { id }: Routes,
): boolean {
    if (reading(after).routes.some((one) => one.id === id && one.unreadable !== undefined)) return false;
    const own = changes.filter((change) => placeId(change.place) === placeId(place));
    const named = marksAt(before, place).stable ?? stableOf(own, { before, after }).name;
    // What the rules say by that name can't be read; where its pods are known by their labels, it is these.
    const known = namedFor(own, before, named);
    const shares = effectOf(after, place, anyRequest(place));
    return (
        shares.length > 0 &&
        shares.every(
            ({ outcome }) =>
                outcome.name === named &&
                isSame(outcome, shares[0]?.outcome ?? outcome) &&
                (known.length === 0 || known.some((one) => isStill(one, outcome))),
        )
    );
}
