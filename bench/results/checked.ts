import { compare, ratios, tolerance, valueOf } from "./ratios";
import type { Results } from "./results";

/** What a check is of. */
export interface Asked {
    readonly measures: readonly string[];
    /** Who was left out. */
    readonly without: readonly string[];
}

/**
 * Compares a run with the committed one.
 *
 * @returns lines for whoever reads it, and whether no ratio is worse and all that were asked for could be measured.
 */
export function checked(
    committed: Pick<Results, "figures">,
    now: Pick<Results, "figures" | "missing">,
    { measures, without }: Asked,
): { lines: string[]; isGood: boolean } {
    const due = ratios.filter(
        (one) =>
            measures.includes(one.measure) &&
            !without.includes(one.of) &&
            !without.includes(one.to) &&
            valueOf(one, committed) !== undefined,
    );
    const compared = compare(committed, now).filter(({ name }) => due.some((one) => one.name === name));
    const unmeasured = due.filter((one) => valueOf(one, now) === undefined);
    const worse = compared.filter(({ isWorse }) => isWorse);
    const lines = [
        ...compared.map(
            ({ name, was, is, isWorse }) =>
                `${isWorse ? "✘" : "✔"} ${name}: ${is.toFixed(2)}, committed ${was.toFixed(2)} (${percent(is / was)})`,
        ),
        ...unmeasured.map(({ name, measure, of, to }) => {
            const why = now.missing.find(
                (one) => one.measure === measure && [of, to, "all of it"].includes(one.of),
            )?.why;
            return `✘ ${name}: not measured${why === undefined ? "" : `: ${why.split("\n")[0]}`}`;
        }),
    ];
    if (due.length === 0)
        lines.push("Nothing was asked for that the committed run has a ratio of.\n  fix: npm run bench -- --check");
    if (unmeasured.length > 0)
        lines.push(
            `${unmeasured.length} of ${due.length} ratios that are committed could not be measured: above stands why.\n` +
                "  fix: mend that, or leave it out: npm run bench -- --check --without NAME",
        );
    if (worse.length > 0)
        lines.push(
            `${worse.length} of ${due.length} ratios are more than ${100 * tolerance} % worse than the committed ones.\n` +
                "  fix: measure again on a machine without other work; if it stays, find the commit, or commit the new figures: npm run bench",
        );
    return { lines, isGood: due.length > 0 && worse.length + unmeasured.length === 0 };
}

/** `+31 %` for 1.31. */
function percent(ratio: number): string {
    const points = Math.round((ratio - 1) * 100);
    return `${points < 0 ? "−" : "+"}${Math.abs(points)} %`;
}
