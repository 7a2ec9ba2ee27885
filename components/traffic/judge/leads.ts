import { byRelease, type Change } from "../effect/changes";
import { asAsked, decideAt, routesAt, serviceAt } from "../effect/decide";
import type { Place } from "../effect/kind";
import type { Outcome } from "../effect/share";
import { podsNamed, sharesOf } from "../effect/outcome";
import { placeId } from "../effect/places";
import { namingOf, versionNamed } from "../effect/versions";
import { releaseHeader } from "../split/destinations";
import { grouped } from "../world/grouped";
import { fullHost } from "../world/hosts";
import type { RouteDestination } from "../world/istio";
import { protocols, type Routes, type Rule } from "../world/virtualServices";
import { reading, type World } from "../world/world";

/** A destination, with the rule and the routes that lead there. */
interface Lead {
    readonly to: RouteDestination;
    readonly rule: Rule;
    readonly routes: Routes;
}

/**
 * What a version's name leads to at the places of some changes, whatever its share, told apart as the changes tell them apart.
 *
 * At each place it is what the rules mean by it that users meet, and any rule that leads to the Service itself; where these have no such
 * name, the pods that are labelled so. Only where there are none either, it is what rules for testers say: such a rule costs no step,
 * and may call anything by any name.
 */
export function namedFor(changes: readonly Change[], world: World, name: string): Outcome[] {
    return [...namedByPlace(changes, world, name).values()].flat();
}

/** The same for each place, by its id. */
export function namedByPlace(changes: readonly Change[], world: World, name: string): Map<string, Outcome[]> {
    const places = grouped(changes.map((change) => [placeId(change.place), change]));
    return new Map(
        [...places].map(([id, [first, ...others]]) => [
            id,
            first ? namedAt([first, ...others], asAsked(world, first.place), world, name) : [],
        ]),
    );
}

function namedAt(
    [first, ...others]: readonly [Change, ...Change[]],
    place: Place,
    world: World,
    name: string,
): Outcome[] {
    const all = routesAt(world, place).flatMap((routes) =>
        protocols.flatMap((list) => (routes.rules[list] ?? []).flatMap((rule) => leadsOf(rule, routes))),
    );
    const named = (leads: readonly Lead[]): Outcome[] =>
        leads
            .filter(({ to, rule, routes }) => versionNamed(to, rule, namingOf(routes)) === name)
            .flatMap((lead) => outcomesOf(lead, world, place))
            .filter((outcome) => !outcome.fails);
    const { host = place.host } = serviceAt(world, place) ?? {};
    const met = leadsMet([first, ...others], place, world);
    const bySure = named([
        ...met,
        ...all.filter((lead) => isOfItself(lead, host) && !met.some(({ to }) => to === lead.to)),
    ]);
    const byPods = bySure.length > 0 ? bySure : podsNamed(world, host, name);
    const found = byPods.length > 0 ? byPods : named(all);
    const shares = found.map((outcome) => ({ outcome, percent: 0 }));
    return byRelease(shares, first.followed).map(({ outcome }) => outcome);
}

/** Where the rules lead that users meet. */
function leadsMet(changes: readonly Change[], place: Place, world: World): Lead[] {
    const users = changes.filter(({ isOptIn }) => !isOptIn);
    const rules = new Set(users.flatMap(({ kind }) => decideAt(world, place, kind).rule ?? []));
    return [...rules].flatMap((rule) => {
        const routes = reading(world).routesNamed.get(rule.owner);
        return routes ? leadsOf(rule, routes) : [];
    });
}

function leadsOf(rule: Rule, routes: Routes): Lead[] {
    return (rule.route ?? []).map((to) => ({ to, rule, routes }));
}

/** Whether a destination is the very Service that is asked for, and has its name from there: not from a release that a rule makes up. */
function isOfItself({ to, rule }: Lead, host: string): boolean {
    const isNamedThere = to.headers?.request?.set?.[releaseHeader] === undefined;
    return isNamedThere && fullHost(to.destination.host, rule.namespace) === host;
}

/** Asked for by itself, a destination says where it leads, whatever its weight. */
function outcomesOf({ to, rule, routes }: Lead, world: World, { from }: Place): Outcome[] {
    const alone: Rule = { ...rule, fault: undefined, route: [{ ...to, weight: 100 }] };
    return sharesOf(world, alone, namingOf(routes), from).map(({ outcome }) => outcome);
}
