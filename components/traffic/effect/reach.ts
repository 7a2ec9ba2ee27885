import { once } from "../world/once";
import { meantBy, reading, type World, workloadsBehind } from "../world/world";
import { asAsked, levelsAt, serviceAt } from "./decide";
import { calledAt, type Ground, groundOf } from "./ground";
import type { Place } from "./kind";
import { type Named, serviceId } from "./names";
import { hostsLedTo, placeId } from "./places";

/** Which services a step may be something to. */
export interface Reach {
    /** Whether a place is one of theirs. */
    readonly has: (place: Place) => boolean;
    /** Whether it is one of theirs, or of another that is called the same: those are told apart. */
    readonly hasName: (place: Place) => boolean;
    /** All services that anybody is served by, of others, too: by these it is known whose name is whose alone. */
    readonly services: readonly Named[];
}

/**
 * Finds the services that a step may be something to, over any view of what is applied: most of a cluster's have nothing to do with
 * it, and to look at each kind of their requests is most of the work. Those are left out of whom nothing that decides is another object
 * after the step than before it; nobody is moved there. A service counts as a whole, with all of its places.
 *
 * @param steps the same step, over each view.
 */
export const reachOf: (steps: readonly Pick<Ground, "before" | "after">[]) => Reach = once((steps): Reach => {
    const places = new Map<string, { readonly services: Set<string>; isTouched: boolean }>();
    const services = new Map<string, Named>();
    for (const { before, after } of steps) {
        const ground = groundOf(before, after);
        for (const place of ground.places) {
            const service = calledAt(ground, place);
            services.set(serviceId(service), service);
            const known = places.get(placeId(place)) ?? { services: new Set(), isTouched: false };
            places.set(placeId(place), known);
            known.services.add(serviceId(service));
            // What others decide for a place by the headers that they give is decided elsewhere.
            known.isTouched ||= ground.following.has(placeId(place)) || isTouched(before, after, place);
        }
    }
    const touched = new Set([...places.values()].flatMap((one) => (one.isTouched ? [...one.services] : [])));
    const nameOf = (id: string): string | undefined => services.get(id)?.service;
    const names = new Set([...touched].map(nameOf));
    const servicesAt = (place: Place): string[] => [...(places.get(placeId(place))?.services ?? [])];
    return {
        has: (place) => servicesAt(place).some((id) => touched.has(id)),
        hasName: (place) => servicesAt(place).some((id) => names.has(nameOf(id))),
        services: [...services.values()],
    };
});

/** Whether something that decides at a place is another object after a step. An object that a step leaves alone is read once, for both. */
function isTouched(before: World, after: World, place: Place): boolean {
    const [was, is] = [decidingAt(before, place), decidingAt(after, place)];
    return was.length !== is.length || was.some((one, index) => one !== is[index]);
}

/** All that decides who is served at a place by what: its routes, the Services that they lead to, their subsets and pods. */
function decidingAt(world: World, asked: Place): unknown[] {
    const { services, subsetsFor } = reading(world);
    const place = asAsked(world, asked);
    const isSame = place.host === asked.host && place.protocol === asked.protocol;
    const routes = [...levelsAt(world, asked), ...(isSame ? [] : levelsAt(world, place))].flat();
    const named = [serviceAt(world, asked)?.host ?? place.host, ...routes.flatMap(hostsLedTo)];
    const hosts = new Set(named.flatMap((host) => [host, meantBy(world, host)]));
    return [
        ...[place.host, place.protocol, ...routes],
        ...[...hosts].flatMap((host) => [
            host,
            services.get(host),
            ...subsetsFor(host),
            ...workloadsBehind(world, host),
        ]),
    ];
}
