import type { Figure } from "../results/results";
import type { Measure } from "./measure";

/** How long it takes until there is something to measure on. Once in a run: a cluster is brought up once. */
export const begin: Measure = {
    name: "begin",
    title: "From nothing to the shop",
    how: "With the tools built and the images made: the embedded cluster until it is ready, and the first `pulumi up` of the shop with Istio in it, until all its pods serve.",
    needsContenders: false,
    take({ setUp: { cluster, stack } }) {
        if (cluster === 0) {
            const why = "the cluster was there already, from a run with --keep";
            return Promise.resolve({ figures: [], missing: [{ measure: "begin", of: "cluster and shop", why }] });
        }
        const figure = (of: string, seconds: number): Figure => ({
            measure: "begin",
            of,
            unit: "s",
            values: [seconds],
        });
        return Promise.resolve({
            figures: [figure("upshift, cluster", cluster), figure("upshift, first up", stack)],
            missing: [],
        });
    },
};
