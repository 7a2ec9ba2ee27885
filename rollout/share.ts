/** How a measured share compares with the configured one. */
export interface ShareVerdict {
    /** Percent of requests expected. */
    readonly expected: number;
    /** Percent of requests measured. */
    readonly measured: number;
    /** How far the two may lie apart by chance, in points of percent. */
    readonly tolerance: number;
    readonly within: boolean;
}

/**
 * Says whether `count` of `total` requests fits a weight: within 4 standard deviations of a binomial
 * distribution, which a right split misses once in some 16,000 measurements. A weight of 0 or 100 allows no deviation.
 */
export function judgeShare(weight: number, count: number, total: number, sigmas = 4): ShareVerdict {
    const p = weight / 100;
    const measured = total === 0 ? 0 : (100 * count) / total;
    const tolerance = total === 0 ? 0 : sigmas * Math.sqrt((p * (1 - p)) / total) * 100;
    return {
        expected: weight,
        measured,
        tolerance,
        within: total > 0 && Math.abs(measured - weight) <= tolerance + 1e-9,
    };
}
