import type { Marks } from "../world/marks";
import { onceForBoth } from "../world/once";
import type { World } from "../world/world";
import { milliseconds } from "../world/durations";
import { effectOf, timeoutOf } from "./effect";
import { type Flow, flowsTo } from "./flows";
import { calledAt, conditionsAt, type Ground, groundOf } from "./ground";
import type { Kind, Place } from "./kind";
import { isOptIn, kindsOf } from "./kinds";
import { isKept } from "./kept";
import type { Share } from "./share";
import { failing } from "./outcome";
import { marksAt } from "./places";
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

/** Who meets what before and after a step, for every place that is served before and every kind of request there. */
export function changesBetween(before: World, after: World): Change[] {
    return changesAt(before, after, () => true);
}

/** The same, at some places alone. */
export function changesAt(before: World, after: World, isMeant: (place: Place) => boolean): Change[] {
    const ground = groundOf(before, after);
    return ground.places.filter(isMeant).flatMap((place) => changesOf(ground, place));
}

/** A place is asked for more than once, by a step's judge and by whoever tells who moves, and looked at once. */
const changesOf = onceForBoth((ground: Ground, place: Place): readonly Change[] => {
    const { before, after, senders, followed, edges } = ground;
    const marks = { before: marksAt(before, place), after: marksAt(after, place) };
    const called = calledAt(ground, place);
    const conditions = conditionsAt(ground, place);
    const kinds = kindsOf(place, conditions.before, conditions.after, arrivalsAt(before, after, place)).filter(
        (kind) => isCalled(before, place, kind) && !isKept(before, after, place, kind),
    );
    const own = kinds.map((kind) => ({ place, kind, ...called, marks, followed, isOptIn: isOptIn(kind, senders) }));
    const plain = own.map((change): Change => {
        const { before: met, after: meets } = metBy(before, after, place, change.kind);
        return { ...change, before: byRelease(met, followed), after: byRelease(meets, followed) };
    });
    if (conditions.decided.length === 0) return plain;
    const flows = flowsTo([before, after], edges, place, conditions.decided, senders);
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
