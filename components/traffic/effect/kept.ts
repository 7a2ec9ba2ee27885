import type { RouteDestination, StringMatch } from "../world/istio";
import { mapAt, type Value } from "../world/values";
import type { World } from "../world/world";
import { decideAt, rulesAt } from "./decide";
import type { Kind, Place } from "./kind";
import { cookiesNamed, fits } from "./texts";

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
            .filter((one) => cookiesOf(one).some((cookie) => wanted.every((value) => isFor(value, cookie))));
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

/** Whether a condition asks for a cookie, and for none that users may have of themselves. */
function isFor(wanted: StringMatch, cookie: string): boolean {
    const names = cookiesNamed(wanted);
    // Behind the start of a text or of a cookie nothing but this one may stand: of other alternatives nobody knows who has them.
    const hasOthers = wanted.regex?.replaceAll("(^|", "(").includes("|") ?? false;
    return (
        fits(wanted, cookie) &&
        names.length > 0 &&
        names.every((name) => cookie.startsWith(`${name}=`)) &&
        !hasOthers &&
        !fits(wanted, "another=1")
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
