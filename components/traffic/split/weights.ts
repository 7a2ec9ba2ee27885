import type { Problem } from "./problem";

/** The name of a version, which is also its subset's name and, unless a split says otherwise, the value of its pods' label `version`: `v1`. */
export type VersionName = string;

/** Percent of requests per version: whole numbers from 0 to 100 that sum to 100. A version that is left out has 0. */
export type Weights = Readonly<Record<VersionName, number>>;

/**
 * Judges weights by themselves, whatever serves now.
 *
 * @param at where the weights stand in the config, for the message: `weights.review`.
 * @param versions the versions that the service has.
 * @returns every problem; empty when the weights can be applied.
 */
export function weightProblems(at: string, weights: Weights, versions: readonly VersionName[]): Problem[] {
    const unfit = [...unknownVersions(at, weights, versions), ...notPercent(at, weights)];
    return unfit.length > 0 ? unfit : notSummingTo100(at, weights);
}

/** The weight of a version, 0 where the weights do not name it. */
export function weightOf(weights: Weights, version: VersionName): number {
    return weights[version] ?? 0;
}

/** The weights with every version named, in the order of `versions`: so that two equal splits are also equal as text. */
export function complete(weights: Weights, versions: readonly VersionName[]): Weights {
    return Object.fromEntries(versions.map((version) => [version, weightOf(weights, version)]));
}

/** All requests to one version. */
export function allTo(version: VersionName, versions: readonly VersionName[]): Weights {
    return complete({ [version]: 100 }, versions);
}

function unknownVersions(at: string, weights: Weights, versions: readonly VersionName[]): Problem[] {
    return Object.keys(weights)
        .filter((version) => !versions.includes(version))
        .map((version) => ({
            at: `${at}.${version}`,
            message: `there is no version ${version}; the versions are ${versions.join(", ")}`,
            fix: `pulumi config rm --path ${at}.${version}`,
        }));
}

function notPercent(at: string, weights: Weights): Problem[] {
    return Object.entries(weights)
        .filter(([, weight]) => !Number.isInteger(weight) || weight < 0 || weight > 100)
        .map(([version, weight]) => ({
            at: `${at}.${version}`,
            message: `${JSON.stringify(weight)} is not a whole number from 0 to 100`,
            fix: `pulumi config set --path ${at}.${version} ${nearestPercent(weight)}`,
        }));
}

function notSummingTo100(at: string, weights: Weights): Problem[] {
    const entries = Object.entries(weights);
    const sum = entries.reduce((total, [, weight]) => total + weight, 0);
    if (sum === 100) return [];
    if (entries.length === 0) return [{ at, message: "no version has a weight, and weights must sum to 100" }];
    const addends = entries.map(([version, weight]) => `${version} ${weight}`).join(" + ");
    return [{ at, message: `${addends} = ${sum}, and weights must sum to 100`, fix: fixSum(at, entries, sum) }];
}

/** Changes the last version that can take the whole difference: the one that a release usually raises. */
function fixSum(at: string, entries: [VersionName, number][], sum: number): string | undefined {
    const taker = entries.findLast(([, weight]) => weight + 100 - sum >= 0 && weight + 100 - sum <= 100);
    return taker && `pulumi config set --path ${at}.${taker[0]} ${taker[1] + 100 - sum}`;
}

function nearestPercent(weight: unknown): number {
    const number = Math.round(Number(weight));
    return Number.isNaN(number) ? 0 : Math.min(100, Math.max(0, number));
}
