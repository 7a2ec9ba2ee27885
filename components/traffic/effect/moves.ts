import type { Change } from "./changes";
import { isSame, isStill, shareOf } from "./effect";
import { type Named, sharedNames, titleOf } from "./names";
import type { Outcome } from "./share";
import { titleOfOutcome } from "./outcome";

/**
 * Whether requests meet something else after a step.
 *
 * @param tolerance points of percent within which two shares are the same, since shares come from divisions. Default 0.05.
 */
export function isMoved({ before, after }: Pick<Change, "before" | "after">, tolerance = 0.05): boolean {
    const isCutOff = after.some(({ outcome, percent }) => percent > tolerance && isLost(before, outcome));
    return (
        isCutOff ||
        [...before, ...after].some(
            ({ outcome }) => Math.abs(shareOf(before, outcome) - shareOf(after, outcome)) > tolerance,
        )
    );
}

/** Whether pods answered where none do any more. */
function isLost(before: Change["before"], outcome: Outcome): boolean {
    return before.some(({ outcome: was }) => isSame(was, outcome) && !isStill(was, outcome));
}

/**
 * `~ review: v1 100 → 80, v2 0 → 20`, for users who meet no special rule; `review in stage` where it shares its name.
 *
 * @param services all that there are. Default: those of the changes.
 */
export function movesIn(changes: readonly Change[], services: readonly Named[] = changes): string[] {
    const shared = sharedNames(services);
    const plain = changes.filter(
        ({ kind, isOptIn }) => !isOptIn && Object.keys(kind.headers).length === 0 && kind.uri.length === 1,
    );
    return plain.flatMap(({ service, namespace, via, before, after }) => {
        const title = (outcome: Outcome): string => (isLost(before, outcome) ? titleOfOutcome(outcome) : outcome.name);
        const names = [...new Set([...before, ...after].map(({ outcome }) => title(outcome)))];
        const of = (shares: Change["before"], name: string): number =>
            tenths(sum(shares.filter(({ outcome }) => title(outcome) === name)));
        const moved = names.filter((name) => of(before, name) !== of(after, name)).sort();
        const words = moved.map((name) => `${name} ${of(before, name)} → ${of(after, name)}`);
        return words.length > 0
            ? [`~ ${titleOf({ service: via ?? service, namespace }, shared)}: ${words.join(", ")}`]
            : [];
    });
}

function sum(shares: Change["before"]): number {
    return shares.reduce((total, { percent }) => total + percent, 0);
}

/** A share of pods is seldom whole. */
function tenths(percent: number): number {
    return Math.round(percent * 10) / 10;
}
