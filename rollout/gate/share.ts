import type { Weights } from "../../components/traffic/split/weights";
import { mostEvidence } from "./comparison";

/** What users' own traffic says of a split. */
export interface SplitCheck {
    readonly requests: number;
    /** How strongly it speaks against the configured weights: 1 is nothing at all, `mostEvidence` is proof. */
    readonly evidence: number;
    /** False where the split is not the configured one; a right one is called so in one of 1,000 steps (`level`). */
    readonly holds: boolean;
    /** Percent of requests that each version got, and what was configured. */
    readonly versions: readonly { readonly version: string; readonly measured: number; readonly expected: number }[];
}

/** How firmly the other split is believed to be near the configured one: as much as so many requests would say. */
const firmness = 200;

/**
 * Whether the requests of users are split as configured, which may be asked after every window of a step.
 *
 * The evidence compares the configured weights with a Dirichlet mixture around them: an e-process, so that a right split is
 * called wrong with a chance of at most `level` over all looks. 25 % in place of 20 is found after about 1,400 requests.
 *
 * @param counts requests by version since the weights have served; testers with a header and users who are held by their
 *     version are no part of the split: leave them out, or don't ask.
 * @param weights percent by version. A version with 0 that gets a request is proof by itself.
 * @param level the chance of calling a right split wrong: 0.001.
 * @throws where a count is no whole number, or weights do not sum to 100.
 */
export function checkSplit(counts: Readonly<Record<string, number>>, weights: Weights, level = 0.001): SplitCheck {
    const names = [...new Set([...Object.keys(weights), ...Object.keys(counts)])].sort();
    const versions = names.map((version) => ({
        version,
        count: wholeCount(counts[version] ?? 0, version),
        weight: weights[version] ?? 0,
    }));
    const requests = versions.reduce((sum, { count }) => sum + count, 0);
    const total = versions.reduce((sum, { weight }) => sum + weight, 0);
    if (total !== 100) throw new Error(`Weights of ${names.join(", ")} sum to ${total}, and have to sum to 100.`);
    const logs = versions
        .filter(({ weight }) => weight > 0)
        .map(({ count, weight }) => logRising((firmness * weight) / 100, count) - count * Math.log(weight / 100));
    const stray = versions.some(({ count, weight }) => weight === 0 && count > 0);
    const log = logs.reduce((sum, one) => sum + one, -logRising(firmness, requests));
    const evidence = stray ? mostEvidence : Math.min(Math.exp(log), mostEvidence);
    return {
        requests,
        evidence,
        holds: evidence < 1 / level,
        versions: versions.map(({ version, count, weight }) => ({
            version,
            measured: requests > 0 ? (100 * count) / requests : 0,
            expected: weight,
        })),
    };
}

/** log of start·(start + 1)·…, so many factors. */
function logRising(start: number, factors: number): number {
    return logGamma(start + factors) - logGamma(start);
}

/** Stirling's series, which is exact to 1e-12 from 20 on. */
function logGamma(x: number): number {
    if (x < 20) return logGamma(x + 1) - Math.log(x);
    const series = 1 / (12 * x) - 1 / (360 * x ** 3) + 1 / (1260 * x ** 5);
    return (x - 0.5) * Math.log(x) - x + Math.log(2 * Math.PI) / 2 + series;
}

function wholeCount(count: number, version: string): number {
    if (Number.isSafeInteger(count) && count >= 0) return count;
    throw new Error(`${version} got ${count} requests, and requests are whole numbers.`);
}
