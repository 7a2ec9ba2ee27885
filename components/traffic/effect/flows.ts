import type { World } from "../world/world";
import { rulesAt } from "./decide";
import { effectOf, isServed } from "./effect";
import { isOptIn, kindsOf, type Place, type Senders } from "./kinds";
import { marksAt, nameOfPlace, placeId } from "./places";
import type { Share } from "./outcome";

/** Requests that an edge sends on, by the headers that it gives them. */
export interface Flow {
    /** How config calls the edge. */
    readonly via: string;
    readonly before: readonly Given[];
    readonly after: readonly Given[];
}

/** A part of an edge's requests, and what it gives them of the headers that matter. */
interface Given {
    readonly headers: Readonly<Record<string, string>>;
    readonly percent: number;
}

/**
 * How users arrive at a place whose routes go by headers that an edge decides: for each kind of users at each edge the share of
 * each value. Where an edge is not there before, its users came without the header. An edge decides for the services of its own
 * group.
 *
 * @param headers the names of those that count, in lower case.
 */
export function flowsTo(
    worlds: readonly World[],
    places: readonly Place[],
    place: Place,
    headers: readonly string[],
    senders: Senders,
): Flow[] {
    const group = groupOf(worlds, place);
    const flows = places
        .filter(
            (edge) =>
                placeId(edge) !== placeId(place) && groupOf(worlds, edge) === group && gives(worlds, edge, headers),
        )
        .flatMap((edge) => flowsFrom(worlds, edge, headers, senders));
    return [...new Map(flows.map((flow) => [JSON.stringify(flow), flow])).values()];
}

function flowsFrom(worlds: readonly World[], edge: Place, headers: readonly string[], senders: Senders): Flow[] {
    const [before = [], after = []] = worlds.map((world) => rulesAt(world, edge).flatMap(({ match = [] }) => match));
    const via =
        worlds.map((world) => marksAt(world, edge).service).find((name) => name !== undefined) ?? nameOfPlace(edge);
    const users = kindsOf(edge, before, after).filter((kind) => !isOptIn(kind, senders));
    return users.flatMap((kind): Flow[] => {
        const [given = [], then = []] = worlds.map((world) =>
            isServed(world, edge) ? givenBy(effectOf(world, edge, kind), headers) : [{ headers: {}, percent: 100 }],
        );
        const decides = [...given, ...then].some((one) => Object.keys(one.headers).length > 0);
        return decides ? [{ via, before: given, after: then }] : [];
    });
}

/** What of an edge's requests is served at all, by the headers that they are given. */
function givenBy(shares: readonly Share[], headers: readonly string[]): Given[] {
    const parts = new Map<string, Given>();
    for (const { outcome, percent } of shares.filter(({ outcome }) => !outcome.fails)) {
        const own = Object.fromEntries(
            headers.flatMap((name) => (outcome.given[name] === undefined ? [] : [[name, outcome.given[name]]])),
        );
        const key = JSON.stringify(own);
        parts.set(key, { headers: own, percent: percent + (parts.get(key)?.percent ?? 0) });
    }
    return [...parts.values()];
}

function gives(worlds: readonly World[], edge: Place, headers: readonly string[]): boolean {
    return worlds.some((world) =>
        rulesAt(world, edge).some((rule) =>
            [rule.headers, ...(rule.route ?? []).map((one) => one.headers)].some((operations) =>
                Object.keys({ ...operations?.request?.set, ...operations?.request?.add }).some((name) =>
                    headers.includes(name.toLowerCase()),
                ),
            ),
        ),
    );
}

function groupOf(worlds: readonly World[], place: Place): string | undefined {
    return worlds.map((world) => marksAt(world, place).group).find((group) => group !== undefined);
}
