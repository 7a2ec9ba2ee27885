import { begin } from "./begin";
import { cold, cpu, memory } from "./cold";
import type { Measure } from "./measure";
import { scale } from "./scale";
import { sharesOf } from "./sharesOf";
import { failures, limit, release, rollback, shift } from "./timed";

/** What `npm run bench` measures, in this order. */
export const measures: readonly Measure[] = [
    shift,
    rollback,
    release,
    failures,
    limit,
    sharesOf,
    cold,
    cpu,
    memory,
    begin,
    scale,
];
