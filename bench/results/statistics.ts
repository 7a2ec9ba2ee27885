/** A sample in four numbers. */
export interface Summary {
    readonly median: number;
    readonly minimum: number;
    readonly maximum: number;
    readonly runs: number;
}

/** @throws for an empty sample, of which nothing can be said */
export function summaryOf(values: readonly number[]): Summary {
    if (values.length === 0) throw new Error("An empty sample has no median.");
    return {
        median: median(values),
        minimum: Math.min(...values),
        maximum: Math.max(...values),
        runs: values.length,
    };
}

/** The middle value; of two in the middle, what lies between them. NaN where there is none. */
export function median(values: readonly number[]): number {
    const sorted = values.toSorted((a, b) => a - b);
    const middle = Math.floor(sorted.length / 2);
    const upper = sorted[middle] ?? Number.NaN;
    return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}

/**
 * How far a share is from what was asked for, in standard deviations of the binomial distribution: chance alone stays within 2 of them
 * in 95 of 100 samples.
 *
 * @param hits requests of the version. @param percent that it was to have, more than 0 and less than 100.
 */
export function deviations(hits: number, requests: number, percent: number): number {
    const p = percent / 100;
    return (hits - requests * p) / Math.sqrt(requests * p * (1 - p));
}
