import { figureText } from "./plot";
import { limits, middleOf, ratios, tolerance, valueOf } from "./ratios";
import type { Figure, Missing, Results } from "./results";
import { summaryOf } from "./statistics";

/** What the page says of a measure beside its figures. */
export interface Described {
    readonly name: string;
    readonly title: string;
    readonly how: string;
    /** Its figures as Markdown, where they are no table of runs. */
    readonly table?: (figures: readonly Figure[]) => string[];
    /** Its picture, where that is none of bars. */
    readonly plot?: (title: string, figures: readonly Figure[]) => string;
}

/** The page about the figures, made from them. @param notes what is to be known of the others, as Markdown */
export function pageOf(results: Results, measures: readonly Described[], notes: string): string {
    const { began, machine, versions, load, cores, figures, missing } = results;
    const names = Object.entries(versions).map(([who, version]) => `${who} ${version}`);
    const busy =
        load > cores
            ? ` The machine had other work to do meanwhile: in the median ${load.toFixed(0)} processes wanted one of its ${cores} cores, so that times are longer than they need be; what all of them share, the ratios show.`
            : "";
    return [
        "<!-- Made by `npm run bench` from bench/results.json: `npm run bench -- --only docs` makes it anew. -->",
        "",
        "# upshift beside others",
        "",
        `Measured by \`npm run bench\`, the last time on ${began.slice(0, 10)}: ${machine}; ${names.join(", ")}. Each table is from one run on one embedded cluster, and \`--only\` takes some of them anew, perhaps on a day on which the machine is slower: the same workload with each, two versions of one small web server behind their proxies, and the same caller; they take turns, run by run, so that a machine whose speed drifts changes all of them. Who takes long has fewer runs: as many as fit into one and a half times its share of the time that a measure has.${busy}`,
        "",
        "Figures in seconds are of this machine and of one table; what carries over are ratios.",
        "",
        ...aims(results),
        ...measures.flatMap((one) => section(one, figures, missing)),
        notes,
    ].join("\n");
}

function aims(results: Results): string[] {
    const rows = [
        ...ratios.map((one) => row(one.name, valueOf(one, results), one.atMost, "")),
        ...limits.map(({ measure, of, atMost }) =>
            row(`${measure}: ${of}`, middleOf(measure, of, results.figures), atMost, " s"),
        ),
    ].flat();
    if (rows.length === 0) return [];
    return [
        "## Ratios of the medians",
        "",
        "| ratio | measured | aim |",
        "|---|---|---|",
        ...rows,
        "",
        `\`npm run bench -- --check\` measures the ratios again, and fails where one is more than ${100 * tolerance} % worse than here.`,
        "",
    ];
}

/** None of what was not measured. */
function row(name: string, value: number | undefined, atMost: number | undefined, unit: string): string[] {
    if (value === undefined) return [];
    const verdict = atMost === undefined ? "" : `at most ${atMost}${unit}: ${value <= atMost ? "met" : "**missed**"}`;
    return [`| ${cell(name)} | ${value.toFixed(2)}${unit} | ${verdict} |`];
}

function section(
    { name, title, how, table = runsTable }: Described,
    figures: readonly Figure[],
    missing: readonly Missing[],
): string[] {
    const own = figures.filter(({ measure }) => measure === name);
    const without = missing.filter(({ measure }) => measure === name);
    if (own.length + without.length === 0) return [];
    return [
        `## ${title}`,
        "",
        how,
        "",
        ...(own.length > 0 ? [...table(own), "", `![${title}](${plotName(name)})`, ""] : []),
        ...own.flatMap(reasonsOf),
        ...without.map(({ of, why }) => `- ${of} is not in the table: ${cell(why)}`),
        ...(without.length > 0 ? [""] : []),
    ];
}

/** A row for each, with the median of its runs and what they lie between. */
function runsTable(figures: readonly Figure[]): string[] {
    const hasRequests = figures.some(({ requests }) => requests !== undefined);
    const more = hasRequests ? ["requests a second", "requests", "failed"] : [];
    const head = ["", "median", "minimum", "maximum", "runs", ...more];
    return [
        `| ${head.join(" | ")} |`,
        `|${"---|".repeat(head.length)}`,
        ...figures.map((one) => figureRow(one, hasRequests)),
    ];
}

/** The file of a measure's picture, beside the page. */
export function plotName(measure: string): string {
    return `benchmarks-${measure}.svg`;
}

function figureRow({ of, unit, values, rate, requests, failed }: Figure, hasRequests: boolean): string {
    const { median, minimum, maximum, runs } = summaryOf(values);
    const cells = [
        of,
        ...[median, minimum, maximum].map((one) => `${figureText(one)} ${unit}`),
        String(runs),
        ...(hasRequests
            ? [rate?.toLocaleString("en") ?? "", requests?.toLocaleString("en") ?? "", String(failed ?? "")]
            : []),
    ];
    return `| ${cells.map(cell).join(" | ")} |`;
}

function reasonsOf({ of, failed = 0, reasons = [] }: Figure): string[] {
    return failed === 0
        ? []
        : [`${of}, of those that failed: ${reasons.map((one) => `\`${cell(one)}\``).join(", ")}.`, ""];
}

/** In one line, and no bars of its own. */
function cell(words: string): string {
    return words.replace(/\s+/g, " ").replaceAll("|", "\\|").trim();
}
