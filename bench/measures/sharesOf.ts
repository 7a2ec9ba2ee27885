import { backFrom } from "../contenders/contender";
import { deviations } from "../results/statistics";
import type { Figure } from "../results/results";
import { type Measure, requestsOf, type Setting, soFar, type Taken } from "./measure";

/** Requests of a sample: of 25 % of them, a standard deviation is 0.97 points. */
const sample = 2000;
/** Requests a second while it is taken. */
const rate = 400;

/** How exactly a weight becomes a share of requests. */
export const sharesOf: Measure = {
    name: "shares",
    title: "A share beside what chance allows",
    needsContenders: true,
    how: `${backFrom} % are asked for, and ${sample} requests counted: how many standard deviations of the binomial distribution the share is off, either way. Within 2 is what chance alone does in 95 of 100 samples.`,
    async take({ bed, contenders, runs, tell }: Setting): Promise<Taken> {
        const figures: Figure[] = [];
        for (const contender of contenders) {
            if (!contender.readyToGoBack) continue;
            const [values, counts] = [[] as number[], []] as [number[], Parameters<typeof requestsOf>[0][number][]];
            for (let run = 0; run < runs; run++) {
                await contender.readyToGoBack();
                const load = await bed.load(contender.namespace, rate);
                try {
                    const seen = await load.has(sample);
                    const all = Object.values(seen.answers).reduce((sum, one) => sum + one, 0);
                    // Whichever of the two has the smaller share is the new one.
                    const hits = all - Math.max(...Object.values(seen.answers));
                    values.push(Math.abs(deviations(hits, all, backFrom)));
                    counts.push(seen);
                } finally {
                    await load.stop();
                }
                await contender.goBack?.();
            }
            figures.push({ measure: "shares", of: contender.name, unit: "σ", rate, values, ...requestsOf(counts) });
            tell(soFar(contender.name, values, "σ"));
        }
        return { figures, missing: [] };
    },
};
