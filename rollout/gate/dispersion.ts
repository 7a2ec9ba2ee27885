import type { Count } from "./comparison";
import { outages } from "./outages";

/**
 * How many requests of a version turn bad at once: 1 where each does so by itself, about 10 where a dying pod takes ten with it.
 *
 * It is Pearson's: how far windows are from their common rate, in terms of how far chance takes them where each request turns bad by
 * itself. Added up over the hour, so that a few large bursts among many single failures count for as much as they do. Two things look like
 * bursts and are none: a drift, for which only five windows at a time are measured by what they have in common, and an outage, whose
 * windows are left out.
 *
 * @param windows in order; those without requests say nothing.
 * @returns at least 1: requests that fail more evenly than by chance are no reason to believe more.
 */
export function dispersionOf(windows: readonly Count[]): number {
    const asked = windows.filter(({ requests }) => requests > 0);
    let [spread, byChance] = [0, 0];
    for (const one of stretchesOf(asked)) {
        const requests = one.reduce((sum, window) => sum + window.requests, 0);
        const bad = one.reduce((sum, window) => sum + window.bad, 0);
        const rate = bad / requests;
        spread += one.reduce((sum, window) => sum + window.bad ** 2 / window.requests, 0) - bad * rate;
        byChance += (one.length - 1) * rate * (1 - rate);
    }
    return byChance > 0 ? Math.max(1, spread / byChance) : 1;
}

/** The same of windows that come one by one. */
export class Dispersion {
    private readonly windows: Count[] = [];
    private known: number | undefined;

    add(window: Count): void {
        this.windows.push(window);
        this.known = undefined;
    }

    get value(): number {
        return (this.known ??= dispersionOf(this.windows));
    }
}

/** Windows that are measured together. */
const together = 5;

/** The windows in stretches, without those of outages; none goes on beyond one. */
function stretchesOf(windows: readonly Count[]): Count[][] {
    const isOutage = outages(windows);
    const stretches: Count[][] = [];
    let stretch: Count[] = [];
    for (const [index, window] of windows.entries()) {
        if (isOutage[index] || stretch.length === together) stretch = [];
        if (isOutage[index]) continue;
        if (stretch.length === 0) stretches.push(stretch);
        stretch.push(window);
    }
    return stretches;
}
