import type { Figure } from "../results/results";
import type { Pass } from "./measure";

const measure = "begin";

/** How long it takes until there is something to measure on: taken when the bed was made. */
export const begin: Pass = {
    measures: [
        {
            name: measure,
            title: "From the tools to the shop",
            how: "`upshift setup` where all is done before; the embedded cluster from no data at all until it is ready; and the first `pulumi up` of the shop with Istio in it, until all its pods serve.",
        },
    ],
    minutes: 0,
    needsContenders: false,
    take({ began: { setUp, cluster, stack } }) {
        const figure = (of: string, values: readonly number[]): Figure[] =>
            values.length === 0 ? [] : [{ measure, of, unit: "s", values: [...values] }];
        const why = "the cluster was there already, from an earlier run";
        return Promise.resolve({
            figures: [
                ...figure("upshift, set-up done before", setUp),
                ...figure("upshift, cluster up", cluster),
                ...figure("upshift, first up of the shop", stack),
            ],
            missing: cluster.length > 0 ? [] : [{ measure, of: "the cluster", why }],
        });
    },
};
