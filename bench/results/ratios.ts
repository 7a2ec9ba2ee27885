import type { Figure, Results } from "./results";
import { median } from "./statistics";

/** Two figures of one run, of which the machine's speed is no part. */
export interface Ratio {
    readonly name: string;
    readonly measure: string;
    readonly of: string;
    readonly to: string;
    /** What we aim at. Left out where we only look. */
    readonly atMost?: number;
}

/** The ratios that the page has and that `--check` compares. */
export const ratios: readonly Ratio[] = [
    ratio("cold", "upshift, the shop", "bare program", 1.1),
    ratio("shift", "upshift", "kubectl patch", 4),
    ratio("shift", "upshift", "Argo Rollouts"),
    ratio("shift", "upshift, pulumi up", "Pulumi, one VirtualService"),
    ratio("rollback", "upshift", "kubectl patch", 1.5),
    ratio("rollback", "upshift", "Argo Rollouts", 1.2),
    ratio("release", "upshift", "Argo Rollouts"),
    ratio("release", "upshift", "Flagger"),
    ratio("official", "preview, embedded provider", "preview, official provider", 1),
    ratio("official", "preview --refresh, embedded provider", "preview --refresh, official provider", 1),
    ratio("official", "refresh, embedded provider", "refresh, official provider"),
];

/** A time that we aim at: of the machine that is measured on, and nothing to compare with another one's. */
export interface Limit {
    readonly measure: string;
    readonly of: string;
    /** Seconds. */
    readonly atMost: number;
}

/** The times that the page has beside the ratios. */
export const limits: readonly Limit[] = [
    { measure: "begin", of: "upshift, cluster up", atMost: 25 },
    { measure: "begin", of: "upshift, set-up done before", atMost: 3 },
];

function ratio(measure: string, of: string, to: string, atMost?: number): Ratio {
    return { name: `${measure}: ${of} / ${to}`, measure, of, to, ...(atMost !== undefined && { atMost }) };
}

/** The ratio of the medians; undefined where one of them was not measured. */
export function valueOf({ measure, of, to }: Ratio, { figures }: Pick<Results, "figures">): number | undefined {
    const middle = (who: string): number | undefined => middleOf(measure, who, figures);
    const [above, below] = [middle(of), middle(to)];
    return above === undefined || below === undefined || below === 0 ? undefined : above / below;
}

/** The median of a figure; undefined where it was not measured. */
export function middleOf(measure: string, of: string, figures: readonly Figure[]): number | undefined {
    const found = figures.find((one) => one.measure === measure && one.of === of);
    return found && median(found.values);
}

/** By how much a ratio may be worse than the committed one: a machine with other work to do, and chance. */
export const tolerance = 0.25;

/** What became of a ratio since the committed run. */
export interface Compared {
    readonly name: string;
    readonly was: number;
    readonly is: number;
    readonly isWorse: boolean;
}

/**
 * Compares the ratios of two runs, as far as both have them.
 *
 * @returns every one, `isWorse` where it rose beyond the tolerance.
 */
export function compare(committed: Pick<Results, "figures">, now: Pick<Results, "figures">): Compared[] {
    return ratios.flatMap((one) => {
        const [was, is] = [valueOf(one, committed), valueOf(one, now)];
        if (was === undefined || is === undefined) return [];
        return [{ name: one.name, was, is, isWorse: is > was * (1 + tolerance) }];
    });
}
