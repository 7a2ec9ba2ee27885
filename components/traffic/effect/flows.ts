import type { Rule } from "../world/virtualServices";
import type { World } from "../world/world";
import { rulesAt } from "./decide";
import { effectOf, isServed } from "./effect";
import type { Place } from "./kind";
import { isOptIn, kindsOf, type Senders } from "./kinds";
import { marksAt, nameOfPlace, namespaceAt, placeId } from "./places";
import type { Share } from "./share";

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

/** A place whose routes give requests headers. */
export interface Edge {
    readonly place: Place;
    readonly group: string | undefined;
    /** Whose it is: a group of one name may be in several namespaces, each with an edge of its own. */
    readonly namespace: string | undefined;
    /** The names of those headers, in lower case. */
    readonly gives: ReadonlySet<string>;
}

/** The places among others whose routes give requests headers: found once, for all places at which somebody follows these. */
export function edgesOf(worlds: readonly World[], places: readonly Place[]): Edge[] {
    return places.flatMap((place) => {
        const gives = new Set(worlds.flatMap((world) => rulesAt(world, place).flatMap(givenIn)));
        return gives.size === 0
            ? []
            : [{ place, group: groupOf(worlds, place), namespace: namespaceOf(worlds, place), gives }];
    });
}

/**
 * How users arrive at a place whose routes go by headers that an edge decides: for each kind of users at each edge the share of
 * each value. Where an edge is not there before, its users came without the header. An edge decides for the services of its own
 * group, those of its own namespace where it has any there; what none of these gives is anybody's who gives it, whether he knows of the
 * group or not.
 *
 * @param edges all that there are.
 * @param headers the names of those that count, in lower case.
 */
export function flowsTo(
    worlds: readonly World[],
    edges: readonly Edge[],
    place: Place,
    headers: readonly string[],
    senders: Senders,
): Flow[] {
    const [group, namespace] = [groupOf(worlds, place), namespaceOf(worlds, place)];
    const others = edges.filter((edge) => placeId(edge.place) !== placeId(place));
    const ofGroup = others.filter((edge) => edge.group === group && headers.some((name) => edge.gives.has(name)));
    const near = ofGroup.filter((edge) => edge.namespace === namespace);
    const own = near.length > 0 ? near : ofGroup;
    const unowned = headers.filter((name) => !own.some((edge) => edge.gives.has(name)));
    const flows = others.flatMap((edge) => {
        const counted = edge.group === undefined || own.includes(edge) ? headers : unowned;
        return counted.some((name) => edge.gives.has(name)) ? flowsFrom(worlds, edge.place, counted, senders) : [];
    });
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

/** The names of the headers that a rule gives its requests, in lower case. */
function givenIn(rule: Rule): string[] {
    return [rule.headers, ...(rule.route ?? []).map((one) => one.headers)].flatMap((operations) =>
        Object.keys({ ...operations?.request?.set, ...operations?.request?.add }).map((name) => name.toLowerCase()),
    );
}

function groupOf(worlds: readonly World[], place: Place): string | undefined {
    return worlds.map((world) => marksAt(world, place).group).find((group) => group !== undefined);
}

function namespaceOf(worlds: readonly World[], place: Place): string | undefined {
    return worlds.map((world) => namespaceAt(world, place)).find((namespace) => namespace !== undefined);
}
