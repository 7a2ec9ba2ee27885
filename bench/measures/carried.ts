import { setTimeout as after } from "node:timers/promises";
import type { Bed } from "../bed";
import type { Contender } from "../contenders/contender";

/** Rates that are tried, the lowest first, in requests a second. */
const tried = [500, 750, 1000, 1500, 2000, 3000, 4000, 6000];
/** For how long each is looked at, after a while to get going, in milliseconds. */
const [startMs, lookMs] = [2000, 5000];
/** Of what is due and of what is sent, so much has to have been done: what is left is under way. */
const enough = 0.98;

/**
 * The highest rate that the machine carries with nothing being changed, of those that are tried: all that was due was sent, nearly all of
 * it answered meanwhile, and none failed.
 *
 * @param users all of which are on one version.
 * @throws where it does not even carry the lowest.
 */
export async function carriedRate(bed: Bed, { namespace }: Contender, tell: (line: string) => void): Promise<number> {
    let carried = 0;
    for (const rate of tried) {
        const load = await bed.load(namespace, rate);
        try {
            await after(startMs);
            load.begin();
            const began = performance.now();
            await after(lookMs);
            const { begun, answers, failed } = load.counts();
            const due = (rate * (performance.now() - began)) / 1000;
            const answered = Object.values(answers).reduce((sum, one) => sum + one, 0);
            const isCarried = begun >= enough * due && answered >= enough * begun && failed === 0;
            tell(`  ${rate} requests a second: ${answered} of ${due.toFixed(0)} answered, ${failed} failed`);
            if (!isCarried) break;
            carried = rate;
        } finally {
            await load.stop();
        }
    }
    if (carried > 0) return carried;
    throw new Error(`The machine does not carry ${tried[0]} requests a second just now: it has other work to do.`);
}
