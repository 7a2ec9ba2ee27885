import type { Count } from "./comparison";

/** Shares of the worst windows among which an outage is looked for: of 3 minutes of an hour, 6, 12 and 20. */
const shares = [0.05, 0.1, 0.2, 1 / 3];

/** A burst that begins at the end of a window is in two of them: that is no outage. */
const leastWindows = 3;

/** More of them in an hour are no outages, but how the version is. */
const mostOutages = 2;

/**
 * Which windows belong to an outage: a rise of the share of bad requests that lasts, where a burst is over within a window or two.
 *
 * It is a row of windows that all are among the worst, as long as chance makes of windows in any order less than once in twenty such
 * stretches. One or two are left aside; where there are more, none is: a version that has such rises all the time has them at its next
 * release, too.
 *
 * @param windows in order, each with requests.
 */
export function outages(windows: readonly Count[]): readonly boolean[] {
    const rates = new Float64Array(windows.map(({ requests, bad }) => bad / requests));
    const sorted = rates.slice().sort();
    const isOutage = windows.map(() => false);
    for (const share of shares) {
        const limit = sorted[Math.ceil((1 - share) * windows.length) - 1] ?? 0;
        const least = Math.max(leastWindows, Math.ceil(Math.log(20 * windows.length) / -Math.log(share)));
        let begin = 0;
        for (let end = 0; end <= rates.length; end++) {
            if (end < rates.length && (rates[end] ?? 0) > limit) continue;
            if (end - begin >= least) isOutage.fill(true, begin, end);
            begin = end + 1;
        }
    }
    const begins = isOutage.filter((one, index) => one && !isOutage[index - 1]);
    return begins.length > mostOutages ? windows.map(() => false) : isOutage;
}
