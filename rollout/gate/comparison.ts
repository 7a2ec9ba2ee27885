/** Requests, and those of them that were bad: failed, or slower than an edge. Whole numbers. */
export interface Count {
    readonly requests: number;
    readonly bad: number;
}

/** Evidence is never more, so that it can be added up, and written as JSON. */
export const mostEvidence = 1e12;

/** From so many requests at once on, they come in bursts; chance alone seldom makes as much of single ones. */
export const leastBurst = 1.5;

/** What one window says at most where requests turn bad in bursts: half of what fails a release of one service, so that it takes two. */
const mostOfBurst = 50;

/** What one metric is tested for. */
export interface Test {
    /** How many times the tolerated odds of a bad request a worse version may have; the evidence is a mean over them. */
    readonly ratios: readonly number[];
    /** How many times stable's odds still count as good: 1.25. */
    readonly tolerated: number;
    /** The share of bad requests, from 0 to 1, that stands in for stable where that gets no requests any more. */
    readonly ceiling?: number | undefined;
}

/**
 * Evidence that a version is worse than stable: an exact sequential test that may be looked at after every window.
 *
 * Given how many requests of a window were bad in all, those of the canary follow Fisher's noncentral hypergeometric
 * distribution, whatever the error rate and the shares were just then. So each window is compared within itself, and a
 * release whose weights change while the error rate drifts is no worse off. Likelihood ratios multiply over windows.
 *
 * Good is a version with at most `tolerated` times stable's odds. For such a one the evidence is an e-process: the chance
 * that it *ever* reaches 1/α, over all looks, is at most α (Ville's inequality), exactly and at any counts, where requests
 * fail independently of each other.
 */
export class Comparison {
    /** Logarithms of each window's likelihood ratios, one for each ratio of the test. */
    private readonly windows: number[][] = [];
    /** The window with which each product starts. */
    private readonly starts: number[] = [];

    constructor(private readonly test: Test) {}

    /**
     * Starts a further product with the next window, so that a version that goes bad late does not first have to pay for
     * its good hours. The k-th has a weight of 1/(k(k+1)); what is left for later ones counts as 1.
     */
    begin(): void {
        this.starts.push(this.windows.length);
    }

    /**
     * One window more. The first one starts a product, whether or not that was said.
     *
     * @param stable undefined where it gets no requests any more: then the ceiling is what the canary is compared with.
     */
    add(canary: Count, stable: Count | undefined): void {
        if (this.starts.length === 0) this.begin();
        this.windows.push(stable ? againstStable(canary, stable, this.test) : againstCeiling(canary, this.test));
    }

    /**
     * How strongly all windows so far speak for a worse version: 1 is nothing at all, 100 is what chance alone reaches in
     * less than one of 100 releases.
     *
     * @param dispersion how many requests fail at once: with bursts of ten, ten failures say no more than one. And where
     *     they fail together, all of one window may have: none then says more than `mostOfBurst`. Both only ever lower the
     *     evidence, so the bound above holds for any value.
     */
    evidence(dispersion = 1): number {
        const most = dispersion < leastBurst ? Infinity : Math.log(mostOfBurst);
        return Math.min(this.mixed(1, Infinity), this.mixed(Math.max(1, dispersion), most), mostEvidence);
    }

    private mixed(dispersion: number, most: number): number {
        const { starts, windows } = this;
        const logs = this.test.ratios.map(() => 0);
        let [sum, end] = [1 / (starts.length + 1), windows.length];
        for (const [at, start] of [...starts.entries()].reverse()) {
            for (; end > start; end--)
                windows[end - 1]?.forEach((log, ratio) => {
                    logs[ratio] = (logs[ratio] ?? 0) + Math.min(log / dispersion, most);
                });
            const mean = logs.reduce((total, log) => total + Math.exp(log), 0) / logs.length;
            sum += mean / ((at + 1) * (at + 2));
        }
        return sum;
    }
}

/** Logarithms of how much better the window fits each ratio than what is tolerated. */
export function againstStable(canary: Count, stable: Count, { ratios, tolerated }: Test): number[] {
    if (canary.bad + stable.bad === 0) return ratios.map(() => 0);
    const good = logWays(canary, stable, tolerated);
    return ratios.map((ratio) => canary.bad * Math.log(ratio) + good - logWays(canary, stable, ratio * tolerated));
}

/** The same for a window in which only the canary serves: as with a stable of endless requests that sits at the ceiling. */
export function againstCeiling({ requests, bad }: Count, { ratios, ceiling }: Omit<Test, "tolerated">): number[] {
    if (ceiling === undefined) return ratios.map(() => 0);
    return ratios.map((ratio) => bad * Math.log(ratio) - requests * Math.log(1 - ceiling + ceiling * ratio));
}

/**
 * log Σ C(canary, j)·C(stable, bad − j)·odds^j over all ways in which the bad requests can be shared, but for a factor that
 * does not depend on the odds. Each term comes from the one before; they rise to one top and fall from there.
 */
function logWays(canary: Count, stable: Count, odds: number): number {
    const bad = canary.bad + stable.bad;
    const [first, last] = [Math.max(0, bad - stable.requests), Math.min(bad, canary.requests)];
    let [term, sum, scale] = [1, 1, first * Math.log(odds)];
    for (let j = first; j < last; j++) {
        term *= (odds * (canary.requests - j) * (bad - j)) / ((j + 1) * (stable.requests - bad + j + 1));
        sum += term;
        if (term < sum * 1e-20) break;
        if (sum > 1e200) [term, sum, scale] = [term / 1e200, sum / 1e200, scale + 200 * Math.LN10];
    }
    return scale + Math.log(sum);
}
