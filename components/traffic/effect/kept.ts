import type { RouteDestination } from "../world/istio";
import { mapAt, type Value } from "../world/values";
import type { World } from "../world/world";
import { decideAt, rulesAt } from "./decide";
import type { Place } from "./kinds";
import { fits, type Kind } from "./matching";

/**
 * Whether nobody is of a kind before a step, and whoever comes to be of it stays where they are: it is asked for by a cookie that no
 * route gives yet, and that the routes to come give to those alone whom they lead to the same destination. So users are kept, not
 * moved. A cookie that is given beside another version moves its users with their next request.
 */
export function isKept(before: World, after: World, place: Place, kind: Kind): boolean {
    const wanted = kind.headers.cookie ?? [];
    if (wanted.length === 0) return false;
    const giving = (world: World): RouteDestination[] =>
        rulesAt(world, place)
            .flatMap(({ route = [] }) => route)
            .filter((one) => cookiesOf(one).some((cookie) => wanted.every((value) => fits(value, cookie))));
    const given = giving(after);
    const [kept, ...others] = decideAt(after, place, kind).rule?.route ?? [];
    return (
        giving(before).length === 0 &&
        given.length > 0 &&
        kept !== undefined &&
        others.length === 0 &&
        given.every(
            ({ destination: { host, subset } }) => host === kept.destination.host && subset === kept.destination.subset,
        )
    );
}

/** The cookies that a destination's answers give, as requests then have them: `upshift=v2`; one without a value is taken away. */
function cookiesOf(destination: RouteDestination): string[] {
    return ["set", "add"].flatMap((verb) =>
        Object.entries(mapAt(destination as unknown as Value, "headers", "response", verb)).flatMap(([name, value]) => {
            const [cookie = ""] = value.split(";");
            return name.toLowerCase() === "set-cookie" && !cookie.trim().endsWith("=") ? [cookie.trim()] : [];
        }),
    );
}
