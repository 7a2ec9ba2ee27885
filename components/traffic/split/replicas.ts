import type { Problem } from "./problem";
import { complete, type VersionName, weightOf, type Weights } from "./weights";

/** How many points a share may be off what was asked for before the user is told. */
export const tolerablePoints = 5;

/** What replica counts make of weights. */
export interface ReplicaShares {
    /** Pods of each version. */
    readonly counts: Readonly<Record<VersionName, number>>;
    /** The shares that these pods have, in percent, rounded to a tenth. */
    readonly shares: Weights;
    /** The largest difference between a share and its weight, in points. */
    readonly off: number;
    /** The smallest number of pods, up to 100, that meets the weights within `tolerablePoints`, where `total` does not. */
    readonly better?: number;
}

/**
 * The replica counts nearest to the weights: `total` pods, never less than one for a version that has a share
 * (seed 003: 4/0, 3/1, 2/2, 1/3, 0/4 of four).
 */
export function replicasFor(weights: Weights, total: number, versions: readonly VersionName[]): ReplicaShares {
    const found = nearest(weights, total, versions);
    if (found.off <= tolerablePoints) return found;
    for (let more = total + 1; more <= 100; more++)
        if (nearest(weights, more, versions).off <= tolerablePoints) return { ...found, better: more };
    return found;
}

/** The shares that replica counts have, as weights. */
export function sharesOf(counts: Readonly<Record<VersionName, number>>): Weights {
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    return Object.fromEntries(
        Object.entries(counts).map(([version, count]) => [
            version,
            total === 0 ? 0 : Math.round((1000 * count) / total) / 10,
        ]),
    );
}

/** @returns a problem where `total` pods can't serve all the versions that have a share. */
export function totalProblems(at: string, weights: Weights, total: number): Problem[] {
    const serving = Object.values(weights).filter((weight) => weight > 0).length;
    if (total >= serving) return [];
    return [
        {
            at,
            message: `${total} pods can't serve ${serving} versions`,
            fix: `pulumi config set --path ${at} ${serving}`,
        },
    ];
}

/** What the user must know of shares that are not what was asked for; empty when they are near enough. */
export function describeShortfall(
    service: string,
    weights: Weights,
    { counts, shares, off, better }: ReplicaShares,
): string {
    if (off <= tolerablePoints) return "";
    const listed = (values: Weights): string =>
        Object.entries(values)
            .map(([version, value]) => `${version} ${value}`)
            .join(", ");
    const total = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const advice = better
        ? `; ${better} pods come within ${tolerablePoints} points: pulumi config set --path total.${service} ${better}`
        : "";
    return `${service}: ${listed(weights)} percent can't be had of ${total} pods: the nearest is ${listed(shares)} (pods: ${listed(counts)})${advice}`;
}

/** Gives out pods one by one to the version that is furthest below its share; each that has a share begins with one. */
function nearest(weights: Weights, total: number, versions: readonly VersionName[]): ReplicaShares {
    const counts = new Map(versions.map((version) => [version, weightOf(weights, version) > 0 ? 1 : 0]));
    const lack = (version: VersionName): number =>
        (weightOf(weights, version) * total) / 100 - (counts.get(version) ?? 0);
    const given = (): number => [...counts.values()].reduce((sum, count) => sum + count, 0);
    while (given() < total) {
        const next = [...counts.keys()].reduce((best, version) => (lack(version) > lack(best) + 1e-9 ? version : best));
        counts.set(next, (counts.get(next) ?? 0) + 1);
    }
    const result = Object.fromEntries(counts);
    const shares = sharesOf(result);
    const asked = complete(weights, versions);
    const off = Math.max(...versions.map((version) => Math.abs(weightOf(shares, version) - weightOf(asked, version))));
    return { counts: result, shares, off };
}
