import type { Change } from "./changes";
import { shareOf } from "./effect";

/**
 * Whether requests meet something else after a step.
 *
 * @param tolerance points of percent within which two shares are the same, since shares come from divisions. Default 0.05.
 */
export function isMoved({ before, after }: Pick<Change, "before" | "after">, tolerance = 0.05): boolean {
    return [...before, ...after].some(
        ({ outcome }) => Math.abs(shareOf(before, outcome) - shareOf(after, outcome)) > tolerance,
    );
}

/** `~ review: v1 100 → 80, v2 0 → 20`, for users who meet no special rule. */
export function movesIn(changes: readonly Change[]): string[] {
    const plain = changes.filter(
        ({ kind, isOptIn }) => !isOptIn && Object.keys(kind.headers).length === 0 && kind.uri.length === 1,
    );
    return plain.flatMap(({ service, via, before, after }) => {
        const names = [...new Set([...before, ...after].map(({ outcome }) => outcome.name))];
        const of = (shares: Change["before"], name: string): number =>
            tenths(shares.reduce((sum, { outcome, percent }) => (outcome.name === name ? sum + percent : sum), 0));
        const moved = names.filter((name) => of(before, name) !== of(after, name)).sort();
        const words = moved.map((name) => `${name} ${of(before, name)} → ${of(after, name)}`);
        return words.length > 0 ? [`~ ${via ?? service}: ${words.join(", ")}`] : [];
    });
}

/** A share of pods is seldom whole. */
function tenths(percent: number): number {
    return Math.round(percent * 10) / 10;
}
