import * as fc from "fast-check";
import type { Weights } from "../../components/traffic/split/weights";

const percent = fc.integer({ min: 0, max: 100 });

/** Weights of v1, v2 and v3 that are fit to apply. */
export const weights = (): fc.Arbitrary<Weights> =>
    fc.tuple(percent, percent).map(([a, b]) => ({ v1: Math.min(a, b), v2: Math.abs(a - b), v3: 100 - Math.max(a, b) }));
