import type { Described } from "../results/page";
import { begin } from "./begin";
import type { Pass } from "./measure";
import { official } from "./official";
import { scale } from "./scale";
import { lookedAtSteps, timedSteps } from "./shop";
import { failures, limit, release, rollback, shift } from "./timed";

/** All that `npm run bench` does, in this order. */
export const passes: readonly Pass[] = [
    shift,
    rollback,
    release,
    failures,
    limit,
    timedSteps,
    lookedAtSteps,
    begin,
    official,
    scale,
];

/** What it measures. */
export const measures: readonly Described[] = passes.flatMap((pass) => pass.measures);
