import type { Count } from "./comparison";

/**
 * How many requests of a version fail at once: 1 where each fails by itself, about 10 where a dying pod takes ten with it.
 *
 * Pearson's dispersion of the windows around their common rate. It does not tell bursts from an outage or a drift, and is
 * too large after one: the gate then asks for more requests, and cries no more often.
 */
export class Dispersion {
    /** Windows that had requests. */
    windows = 0;
    private requests = 0;
    private bad = 0;
    private squares = 0;

    add({ requests, bad }: Count): void {
        if (requests === 0) return;
        this.windows += 1;
        this.requests += requests;
        this.bad += bad;
        this.squares += bad ** 2 / requests;
    }

    /** At least 1: requests that fail more evenly than by chance are no reason to believe more. */
    get value(): number {
        const rate = this.bad / this.requests;
        if (this.windows < 2 || rate === 0 || rate === 1) return 1;
        const spread = this.squares - this.bad ** 2 / this.requests;
        return Math.max(1, spread / (rate * (1 - rate)) / (this.windows - 1));
    }
}
