import { byRelease, type Change } from "../effect/changes";
import { asAsked, routesAt } from "../effect/decide";
import { isSame } from "../effect/effect";
import { type Outcome, podsNamed, type Share, sharesOf } from "../effect/outcome";
import { namingOf } from "../effect/versions";
import type { Worlds } from "./step";
import { protocols } from "../world/virtualServices";
import type { World } from "../world/world";

/** The version that a service goes back to, and what it is. */
export interface Stable {
    /** Its name; empty where the service has none. */
    readonly name: string;
    /** What it is: as it was before the step, wherever routes lead to it. */
    readonly outcomes: readonly Outcome[];
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
    const marked = given ?? users.map(({ marks }) => marks.before.stable).find((name) => name !== undefined);
    const most = marked === undefined ? mostServed(users, after) : undefined;
    const name = marked ?? most?.name ?? "";
    // What no mark calls stable is what serves most, and nothing else of that name.
    const named = most ? [most] : changes.flatMap((change) => namedFor(change, before, name));
    const all = named.length > 0 ? named : changes.flatMap((change) => unmade(change, before, name));
    const outcomes = all.filter((one, index) => all.findIndex((other) => isSame(one, other)) === index);
    return { name, outcomes, share: leastShare(users, outcomes), isMarked: marked !== undefined };
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

/** What a version's name leads to for the requests of a change, told apart as the change tells them apart. */
export function namedFor({ place, followed }: Change, world: World, name: string): Outcome[] {
    const shares = namedAt(world, place, name).map((outcome) => ({ outcome, percent: 0 }));
    return byRelease(shares, followed).map(({ outcome }) => outcome);
}

/** What a version's name leads to at a place, whatever its share; where no routes name it, the pods that are labelled so. */
function namedAt(world: World, place: Change["place"], name: string): Outcome[] {
    const routes = routesAt(world, place);
    const named = routes.flatMap((one) =>
        protocols.flatMap((list) =>
            (one.rules[list] ?? []).flatMap((rule) =>
                (rule.route ?? []).flatMap((destination) =>
                    // Asked for by itself, a destination says where it leads, whatever its weight.
                    sharesOf(
                        world,
                        { ...rule, fault: undefined, route: [{ ...destination, weight: 100 }] },
                        namingOf(one),
                        place.from,
                    ),
                ),
            ),
        ),
    );
    const found = named.map(({ outcome }) => outcome).filter((outcome) => outcome.name === name && !outcome.fails);
    if (found.length > 0) return found;
    return podsNamed(world, place.host, name);
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
    const workloads =
        meant === undefined ? [] : users.flatMap((change) => namedFor(change, after, meant)).map(workloadOf);
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
