import type { Change } from "../effect/changes";
import { asAsked, routesAt } from "../effect/decide";
import { isSame } from "../effect/effect";
import type { Outcome, Share } from "../effect/share";
import type { World } from "../world/world";
import { placeId } from "../effect/places";
import { namedByPlace, namedFor } from "./leads";
import type { Worlds } from "./step";

/** The version that a service goes back to, and what it is. */
export interface Stable {
    /** Its name; empty where the service has none. */
    readonly name: string;
    /** What it is: as it was before the step, wherever routes lead to it. */
    readonly outcomes: readonly Outcome[];
    /** What its name leads to at each place, by the place's id, where it is marked. */
    readonly byPlace: ReadonlyMap<string, readonly Outcome[]>;
    /** The least share of users that it has, of all their kinds. */
    readonly share: number;
    /** Whether somebody has said so, and it is not only taken from where most users are. */
    readonly isMarked: boolean;
}

/**
 * The stable version of a service: the one that is marked so in what is applied, else the one that has most users. What it is is
 * set by what its name leads to before the step: a step can't call other pods by that name.
 *
 * @param changes all of one service.
 * @param given the mark of someone else, such as a policy pack, by which it goes before what is applied.
 */
export function stableOf(changes: readonly Change[], { before, after }: Worlds, given?: string): Stable {
    const users = changes.filter(({ isOptIn }) => !isOptIn);
    const marked = given ?? markedIn(users);
    const most = marked === undefined ? mostServed(users, after) : undefined;
    const name = marked ?? most?.name ?? "";
    // What no mark calls stable is what serves most, and nothing else of that name.
    const byPlace = most ? new Map<string, Outcome[]>() : namedByPlace(changes, before, name);
    const named = most ? [most] : [...byPlace.values()].flat();
    const outcomes = distinct(named.length > 0 ? named : changes.flatMap((change) => unmade(change, before, name)));
    return { name, outcomes, byPlace, share: leastShare(users, outcomes), isMarked: marked !== undefined };
}

function distinct(all: readonly Outcome[]): Outcome[] {
    return all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index);
}

/**
 * What is stable at one place of a service: what its own mark, or the service's, leads to there; only where that leads nowhere, what it is
 * elsewhere. Routes of another place, such as a new host that nobody asks for, say nothing of these users. What no mark calls stable is
 * so at each place by itself: the same name may mean something else at another.
 *
 * @param changes all at this place.
 * @param service what is stable for all of the service.
 * @param given as in {@link stableOf}.
 */
export function stableAt(
    changes: readonly Change[],
    worlds: Worlds,
    service: Stable,
    given?: string,
): readonly Outcome[] {
    if (!service.isMarked) return stableOf(changes, worlds).outcomes;
    const name = given ?? markedIn(changes) ?? service.name;
    const known =
        name === service.name
            ? changes.slice(0, 1).flatMap(({ place }) => service.byPlace.get(placeId(place)) ?? [])
            : [];
    if (known.length > 0) return distinct(known);
    const { outcomes } = stableOf(changes, worlds, name);
    return outcomes.length > 0 ? outcomes : service.outcomes;
}

function markedIn(changes: readonly Change[]): string | undefined {
    return changes.map(({ marks }) => marks.before.stable).find((name) => name !== undefined);
}

/**
 * The marked version of a Service that has no routes yet, and no pods of that name: its first deployment was cut off, and goes on with
 * what the step makes of it.
 */
function unmade({ place, marks, after }: Change, before: World, name: string): Outcome[] {
    if (marks.before.stable !== name || routesAt(before, asAsked(before, place)).length > 0) return [];
    return after.map(({ outcome }) => outcome).filter((outcome) => outcome.name === name && !outcome.fails);
}

/** The least share that some outcomes have among users, of all their kinds. */
export function leastShare(users: readonly Change[], outcomes: readonly Outcome[]): number {
    const shares = users
        .filter(({ before }) => before.length > 0)
        .map(({ before }) =>
            before.reduce(
                (sum, { outcome, percent }) => (outcomes.some((one) => isSame(one, outcome)) ? sum + percent : sum),
                0,
            ),
        );
    return shares.length === 0 ? 0 : Math.min(...shares);
}

/**
 * The version with the largest share of the users who meet no special rule; where those are served by nobody, of all users. A version
 * without pods serves nobody, whatever its weight.
 */
function mostServed(users: readonly Change[], after: World): Outcome | undefined {
    const plain = users.find(({ kind }) => Object.keys(kind.headers).length === 0);
    const served = [plain ? [plain] : [], users]
        .map((some) =>
            some.flatMap(({ before }) => before.filter(({ outcome }) => !outcome.fails && outcome.ready !== 0)),
        )
        .find((shares) => shares.length > 0);
    // Of equals, as after a first deployment that was cut off, the one that the step means to keep.
    const meant = users.map(({ marks }) => marks.after.stable).find((name) => name !== undefined);
    // Where it has another name today, as pods with a label of their own do, by the pods to which that name will lead.
    const workloads = meant === undefined ? [] : namedFor(users, after, meant).map(workloadOf);
    const isMeant = ({ outcome }: Share): number =>
        outcome.name === meant || workloads.some((one) => one !== undefined && one === workloadOf(outcome)) ? 1 : 0;
    const [most] = [...(served ?? [])].sort(
        (one, other) => other.percent - one.percent || isMeant(other) - isMeant(one),
    );
    return most?.outcome;
}

function workloadOf({ pods }: Outcome): string | undefined {
    return pods?.workload;
}
