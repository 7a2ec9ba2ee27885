import type { Match } from "../world/istio";
import type { Marks } from "../world/marks";
import type { World } from "../world/world";
import { milliseconds } from "../world/durations";
import { routesAt, rulesAt } from "./decide";
import { effectOf, hasUsers, timeoutOf } from "./effect";
import { edgesOf, type Flow, flowsTo } from "./flows";
import type { Kind, Place } from "./kind";
import { isOptIn, kindsOf, type Senders } from "./kinds";
import { isKept } from "./kept";
import type { Share } from "./share";
import { failing } from "./outcome";
import { marksAt, nameOfPlace, namespaceAt, placesOf } from "./places";
import { sendersOf } from "./senders";
import { arrivalsAt, isCalled } from "./servicePorts";

/** What a kind of request meets before and after a step. */
export interface Change {
    readonly place: Place;
    readonly kind: Kind;
    /** How config and messages call the service. */
    readonly service: string;
    /** Whose it is: services of one name in two namespaces are two. */
    readonly namespace: string;
    /** What was declared before the step, and with it. */
    readonly marks: { readonly before: Marks; readonly after: Marks };
    /** Whether only who asks for it meets it. */
    readonly isOptIn: boolean;
    readonly before: readonly Share[];
    readonly after: readonly Share[];
    /** Headers that edges give and that other routes go by: by all others that are given, requests differ also for the same pods. */
    readonly followed: ReadonlySet<string>;
    /** The edge that decides for these requests by a header that it gives them: how config calls it. */
    readonly via?: string;
}

/** How long an answer of the stable version may take where nobody says: a shorter timeout counts as a failure, in milliseconds. */
export const neededMs = 1000;

/**
 * Who meets what before and after a step, for every place that is served before and every kind of request there. A place that is
 * not served before is deployed for the first time, and that is no step.
 */
export function changesBetween(before: World, after: World): readonly Change[] {
    const from = made.get(before) ?? new WeakMap<World, readonly Change[]>();
    const changes = from.get(after) ?? allChanges(before, after);
    made.set(before, from);
    from.set(after, changes);
    return changes;
}

/** A step is asked for more than once: by its judge, and by whoever tells who moves. */
const made = new WeakMap<World, WeakMap<World, readonly Change[]>>();

function allChanges(before: World, after: World): Change[] {
    const worlds = [before, after];
    const senders = sendersOf(worlds);
    const places = placesOf(worlds);
    const followed = followedHeaders(worlds, places, senders);
    // Only where somebody follows what edges give does it matter who they are.
    const edges = followed.size === 0 ? [] : edgesOf(worlds, places);
    return places
        .filter((place) => hasUsers(before, place))
        .flatMap((place) => {
            const marks = { before: marksAt(before, place), after: marksAt(after, place) };
            const service = marks.before.service ?? marks.after.service ?? nameOfPlace(decidedWith(worlds, place));
            const namespace = namespaceAt(before, place) ?? namespaceAt(after, place) ?? "";
            const [asked, decided] = conditionsAt(worlds, place, senders);
            const kinds = kindsOf(place, asked[0] ?? [], asked[1] ?? [], arrivalsAt(before, after, place)).filter(
                (kind) => isCalled(before, place, kind) && !isKept(before, after, place, kind),
            );
            const own = kinds.map((kind) => ({
                place,
                kind,
                service,
                namespace,
                marks,
                followed,
                isOptIn: isOptIn(kind, senders),
            }));
            const plain = own.map((change): Change => {
                const { before: met, after: meets } = metBy(before, after, place, change.kind);
                return { ...change, before: byRelease(met, followed), after: byRelease(meets, followed) };
            });
            if (decided.length === 0) return plain;
            const flows = flowsTo(worlds, edges, place, decided, senders);
            return [
                ...plain,
                ...flows.flatMap((flow) =>
                    own.map((change): Change => ({
                        ...change,
                        via: flow.via,
                        ...mixture(before, after, place, change.kind, flow),
                    })),
                ),
            ];
        });
}

/** The first host of the routes that decide at a place: what one VirtualService decides for several hosts is one service's step. */
function decidedWith(worlds: readonly World[], place: Place): Place {
    const hosts = worlds.flatMap((world) => routesAt(world, place)).map((routes) => routes.hosts);
    const [first] = hosts.find((all) => all.includes(place.host)) ?? [];
    return first === undefined ? place : { ...place, host: first };
}

/** The conditions at a place before and after, without headers that routes themselves decide; and those headers. */
function conditionsAt(worlds: readonly World[], place: Place, { givenHeaders }: Senders): [Match[][], string[]] {
    const all = worlds.map((world) => rulesAt(world, place).flatMap(({ match = [] }) => match));
    const named = all
        .flat()
        .flatMap(({ headers = {}, withoutHeaders = {} }) => Object.keys({ ...headers, ...withoutHeaders }));
    const decided = [...new Set(named.map((name) => name.toLowerCase()))].filter((name) => givenHeaders.has(name));
    return [all.map((matches) => matches.map((match) => without(match, decided))), decided];
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

function metBy(before: World, after: World, place: Place, kind: Kind): Pick<Change, "before" | "after"> {
    return { before: effectOf(before, place, kind), after: inTime(before, after, place, kind) };
}

/** What requests meet that an edge has given headers to: the mixture of what each of them meets. */
function mixture(before: World, after: World, place: Place, kind: Kind, flow: Flow): Pick<Change, "before" | "after"> {
    const mixed = (given: Flow["before"], meet: (kind: Kind) => readonly Share[]): Share[] =>
        given.flatMap(({ headers, percent }) => {
            const values = Object.fromEntries(
                Object.entries(headers).map(([name, value]) => [name, [{ exact: value }]]),
            );
            return meet({ ...kind, headers: { ...kind.headers, ...values } }).map((share) => ({
                ...share,
                percent: (share.percent * percent) / 100,
            }));
        });
    return {
        before: mixed(flow.before, (one) => effectOf(before, place, one)),
        after: mixed(flow.after, (one) => inTime(before, after, place, one)),
    };
}

/** A timeout that is new or shorter, and shorter than an answer takes, is a failure. */
function inTime(before: World, after: World, place: Place, kind: Kind): readonly Share[] {
    const shares = effectOf(after, place, kind);
    const timeout = timeoutOf(after, place, kind);
    if (timeout === undefined || milliseconds(timeout) >= neededMs) return shares;
    const earlier = timeoutOf(before, place, kind);
    if (earlier !== undefined && milliseconds(earlier) <= milliseconds(timeout)) return shares;
    return [{ outcome: failing(`timeout ${timeout}: 504`), percent: 100 }];
}

/** Headers that routes give and that routes of others go by. */
function followedHeaders(worlds: readonly World[], places: readonly Place[], senders: Senders): ReadonlySet<string> {
    return new Set(places.flatMap((place) => conditionsAt(worlds, place, senders)[1]));
}

/**
 * Where no routes go by what an edge gives its requests, whoever gets them does, and nobody sees how: then requests that are given
 * different headers are different, also for the same pods.
 */
export function byRelease(shares: readonly Share[], followed: ReadonlySet<string>): Share[] {
    return shares.map((share) => {
        const { outcome } = share;
        const own = JSON.stringify(
            Object.entries(outcome.given)
                .filter(([name]) => !followed.has(name))
                .sort(),
        );
        if (own === "[]") return share;
        const pods = outcome.pods && { ...outcome.pods, template: `${outcome.pods.template} ${own}` };
        return { ...share, outcome: { ...outcome, at: `${outcome.at} ${own}`, ...(pods && { pods }) } };
    });
}
