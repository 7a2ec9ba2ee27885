import { closest, distance } from "fastest-levenshtein";
import { hostOfService, serviceNamed, shortName } from "../components/traffic/world/hosts";
import { stateWorld } from "../components/traffic/world/world";
import { applied, type Applied } from "./applied";
import { type Served, servedIn } from "./plan/services";
import { UserError } from "../components/userError";

/** A service that a stack splits, with who is served by what as it was last applied. */
export type Split = Served;

/**
 * What a stack splits, whoever's it is: read from the routes and marks of its state, which TrafficSplit, ReplicaSplit, or a
 * VirtualService of one's own have left there. Routes that lead everybody to one place, as an edge's do, are none.
 */
export function splitsIn({ objects, headers }: Pick<Applied, "objects" | "headers">): Split[] {
    const world = stateWorld(objects, undefined);
    return servedIn(world, headers).filter(
        ({ routes, isMarked, unknown }) =>
            isMarked ||
            unknown !== undefined ||
            Object.keys(routes.weights).length > 1 ||
            routes.special.some(({ to }) => !Object.keys(routes.weights).includes(to)),
    );
}

/** The same. @throws when there is none, with what the state has instead and how one gets there */
export function splitsOf(stack: string, applied: Pick<Applied, "objects" | "headers" | "count">): Split[] {
    const splits = splitsIn(applied);
    if (splits.length > 0) return splits;
    if (applied.count === 0)
        throw new UserError({
            what: `Nothing is applied of stack ${stack}: its state is empty.`,
            fix: `pulumi up --stack ${stack}`,
        });
    throw new Error(
        `Stack ${stack} splits no service: none of the ${applied.count} resources in its state is a TrafficSplit, a ReplicaSplit or a VirtualService that tells versions apart.\n` +
            `  fix: add one to the program (import { TrafficSplit } from "upshift"), then pulumi up --stack ${stack}`,
    );
}

/**
 * The split of a service, by any name that people have for it: `review`, `review.stage`, its host.
 *
 * @throws when there is none, with the one that is near; or several, with what tells them apart.
 */
export function splitNamed(splits: readonly Split[], name: string, stack: string): Split {
    const found = splits.filter((one) => namesOf(one).includes(name));
    const [only, ...others] = found;
    if (only && others.length === 0) return only;
    if (only)
        throw new UserError({
            what: `Stack ${stack} splits ${name} in ${found.length} places.`,
            fix: `name one: ${found.map(({ place }) => shortName(place.host)).join(", ")}`,
        });
    const all = [...new Set(splits.map(({ service }) => service))];
    const near = closest(name, all);
    const guess = distance(name, near) <= Math.max(2, name.length / 3) ? near : all.join(", ");
    throw new UserError({
        what: `Stack ${stack} splits no service ${name}; it splits ${all.join(", ")}.`,
        fix: `name it: ${guess}`,
    });
}

/**
 * The split of a service of a stack, and all that the stack's state says.
 *
 * @param folder of the project, where it is another than this one.
 * @throws as `applied`, `splitsOf` and `splitNamed` do.
 */
export async function appliedSplit(
    stack: string,
    service: string,
    folder?: string,
): Promise<{ state: Applied; split: Split }> {
    const state = await applied(stack, folder);
    return { state, split: splitNamed(splitsOf(stack, state), service, stack) };
}

function namesOf({ service, at, place }: Split): string[] {
    const named = serviceNamed(place.host);
    return [
        service,
        ...(at === undefined ? [] : [`${service} ${at}`]),
        shortName(place.host),
        place.host,
        ...(named ? [named.name, hostOfService(named)] : []),
    ];
}
