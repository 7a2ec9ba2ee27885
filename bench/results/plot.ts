import type { Figure } from "./results";
import { summaryOf } from "./statistics";
import { xmlText } from "../../rollout/xmlText";

const width = 760;
const rowHeight = 30;
const left = 210;
const right = 110;
const top = 44;

/**
 * The figures of a measure as a picture of its own, to be read on light and on dark ground: a bar as long as the median, a line from
 * the smallest to the largest value. Where the largest bar is more than 20 times the smallest, the scale is logarithmic, and says so.
 */
export function plotSvg(title: string, figures: readonly Figure[]): string {
    const unit = figures[0]?.unit ?? "";
    const scale = scaleOf(figures.map(({ values }) => summaryOf(values)));
    const height = top + rowHeight * figures.length + 16;
    const label = `${title}, ${unit}${scale.isLogarithmic ? ", logarithmic scale" : ""}`;
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${xmlText(label)}">`,
        style,
        `<rect class="ground" width="100%" height="100%"/>`,
        `<text class="name" x="16" y="26">${xmlText(label)}</text>`,
        ...figures.map((one, row) => bar(one, top + row * rowHeight, scale.at)),
        "</svg>",
        "",
    ].join("\n");
}

const style = `<style>
svg { --ground: #ffffff; --ink: #1c2430; --soft: #5b6675; --own: #2f6fd0; --other: #9fb0c6; font: 13px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --ground: #12161c; --ink: #e8edf4; --soft: #9aa6b5; --own: #7fb0ff; --other: #56657a; } }
.ground { fill: var(--ground); } .bar { fill: var(--other); } .bar.own { fill: var(--own); } .range { stroke: var(--ink); stroke-width: 2; }
text { fill: var(--ink); } .name { font-weight: 600; } .value { fill: var(--soft); }
</style>`;

function bar({ of, unit, values }: Figure, y: number, at: (value: number) => number): string {
    const { median, minimum, maximum } = summaryOf(values);
    const middle = y + rowHeight / 2 - 3;
    const own = of.startsWith("upshift") ? " own" : "";
    const end = at(maximum);
    return [
        `<g><text x="${left - 10}" y="${middle + 4}" text-anchor="end">${xmlText(of)}</text>`,
        `<rect class="bar${own}" x="${left}" y="${y}" width="${(at(median) - left).toFixed(1)}" height="${rowHeight - 8}" rx="3"/>`,
        `<path class="range" d="M${at(minimum).toFixed(1)} ${middle} H${end.toFixed(1)}"/>`,
        `<text class="value" x="${(Math.max(end, at(median)) + 8).toFixed(1)}" y="${middle + 4}">${xmlText(figureText(median))} ${xmlText(unit)}</text></g>`,
    ].join("");
}

/** Where a value lies on the picture. */
function scaleOf(summaries: readonly { minimum: number; median: number; maximum: number }[]): {
    readonly isLogarithmic: boolean;
    readonly at: (value: number) => number;
} {
    const most = Math.max(...summaries.map(({ maximum }) => maximum), Number.MIN_VALUE);
    const least = Math.min(...summaries.map(({ minimum }) => minimum));
    const room = width - left - right;
    const medians = summaries.map(({ median }) => median);
    const isLogarithmic = least > 0 && Math.max(...medians) > 20 * Math.min(...medians);
    if (!isLogarithmic) return { isLogarithmic, at: (value) => left + (value / most) * room };
    // From half of the smallest, so that its bar is to be seen.
    const [from, to] = [Math.log(least / 2), Math.log(most)];
    return { isLogarithmic, at: (value) => left + ((Math.log(value) - from) / (to - from)) * room };
}

/** Three digits that matter, as the tables have it. */
export function figureText(value: number): string {
    if (value === 0) return "0";
    if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en");
    return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2);
}
