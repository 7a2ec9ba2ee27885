import type { Count } from "./comparison";
import { againstCeiling } from "./comparison";

/** Shares of the ceiling that a good version may have: the evidence for it is a mean over them. */
const fractions = [0.02, 0.05, 0.1, 0.2, 0.5];
/** How many times the ceiling's odds a bad version may have. */
const ratios = [1.5, 2, 3, 5, 10, 30, 100];

/**
 * Evidence that a version's share of bad requests is *under* the ceiling, which "nothing was found" is not. A version at the
 * ceiling, or over it, ever reaches 1/β with a chance of at most β. Without any bad request it takes 3.5/ceiling for β = 5 %.
 *
 * @param ceiling a share between 0 and 1.
 * @param dispersion how many requests fail at once: so many times as many are needed.
 */
export function evidenceUnder(ceiling: number, { requests, bad }: Count, dispersion = 1): number {
    return mean(
        fractions.map((fraction) => {
            const good = Math.log((1 - fraction * ceiling) / (1 - ceiling));
            return Math.exp((bad * Math.log(fraction) + (requests - bad) * good) / dispersion);
        }),
    );
}

/** Evidence that a version's share of bad requests is over the ceiling; the same bound for one that is under it. */
export function evidenceOver(ceiling: number, count: Count, dispersion = 1): number {
    return mean(againstCeiling(count, { ratios, ceiling }).map((log) => Math.exp(log / dispersion)));
}

/**
 * How many more requests prove a version to be under the ceiling, if as large a share of them is bad as until now.
 *
 * @returns 0 where it is proven already; undefined where no number would do, as with a share close to the ceiling.
 */
export function requestsToProve(ceiling: number, level: number, count: Count, dispersion = 1): number | undefined {
    const share = count.requests > 0 ? count.bad / count.requests : 0;
    const isProven = (more: number): boolean =>
        evidenceUnder(ceiling, { requests: count.requests + more, bad: count.bad + share * more }, dispersion) >=
        1 / level;
    if (isProven(0)) return 0;
    let enough = 1;
    while (!isProven(enough)) if ((enough *= 2) > mostRequests) return undefined;
    for (let tooFew = Math.floor(enough / 2); enough - tooFew > 1;) {
        const middle = Math.floor((enough + tooFew) / 2);
        if (isProven(middle)) enough = middle;
        else tooFew = middle;
    }
    return enough;
}

/** No release waits for more. */
const mostRequests = 1e10;

function mean(values: readonly number[]): number {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
}
