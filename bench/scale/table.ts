import { figureText } from "../results/plot";
import type { Figure } from "../results/results";
import { median } from "../results/statistics";
import { exponentOf, fittedFrom, type Point } from "./fit";

/** What the exponent is to be at most, and how much longer one change may take among the most services than among ten. */
const [exponentAim, changeAim] = [1.05, 2];
const oneChanged = /^up, one changed, /;

/** A row for each that was timed, a column for each number of services, and the exponent with which it grows; the same of CPU. */
export function scaleTable(figures: readonly Figure[]): string[] {
    const rows = rowsOf(figures);
    return [
        ...tableOf("seconds", rows),
        ...rows.filter(({ of }) => oneChanged.test(of)).flatMap(changeWords),
        "",
        "The same in CPU seconds of all processes of a command, which a machine with other work to do changes little:",
        "",
        ...tableOf(
            "CPU seconds",
            rowsOf(figures, ({ cpu = [] }) => cpu),
        ),
    ];
}

function tableOf(title: string, rows: readonly Row[]): string[] {
    const all = rows.flatMap(({ points }) => points.map(({ services }) => services));
    const sizes = [...new Set(all)].sort((one, other) => one - other);
    const head = [
        `${title}, services:`,
        ...sizes.map((size) => size.toLocaleString("en")),
        `exponent (aim: ${exponentAim})`,
    ];
    return [
        `| ${head.join(" | ")} |`,
        `|${"---|".repeat(head.length)}`,
        ...rows.map(({ of, points }) => {
            const at = (size: number): string => {
                const found = points.find(({ services }) => services === size);
                return found ? figureText(found.seconds) : "";
            };
            return `| ${[of, ...sizes.map(at), exponentWords(points)].join(" | ")} |`;
        }),
    ];
}

export interface Row {
    readonly of: string;
    /** From few services to many. */
    readonly points: readonly Point[];
}

/** The medians of each that was timed, by the number of services. @param valuesOf default: its time */
export function rowsOf(
    figures: readonly Figure[],
    valuesOf = ({ values }: Figure): readonly number[] => values,
): Row[] {
    return [...new Set(figures.map(({ of }) => of))].map((of) => ({
        of,
        points: figures
            .filter((one) => one.of === of && valuesOf(one).length > 0)
            .flatMap((one) =>
                one.services === undefined ? [] : [{ services: one.services, seconds: median(valuesOf(one)) }],
            )
            .sort((one, other) => one.services - other.services),
    }));
}

function exponentWords(points: readonly Point[]): string {
    const exponent = exponentOf(points);
    if (exponent === undefined) return "";
    return `${exponent.toFixed(2)}${exponent > exponentAim ? ": **missed**" : ""}`;
}

/** How much longer one change takes among many services than among few. */
function changeWords({ of, points }: Row): string[] {
    const few = points.find(({ services }) => services === fittedFrom);
    const many = points.at(-1);
    if (!few || !many || few === many) return [];
    const ratio = many.seconds / few.seconds;
    const layout = of.replace(oneChanged, "");
    const aim = ratio <= changeAim ? "met" : "**missed**";
    return [
        "",
        `With ${layout}, changing one of ${many.services.toLocaleString("en")} takes ${ratio.toFixed(2)} times what changing one of ${few.services} takes (aim: at most ${changeAim}: ${aim}).`,
    ];
}
