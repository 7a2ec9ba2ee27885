import { xmlText } from "../../rollout/xmlText";
import { figureText } from "../results/plot";
import type { Figure } from "../results/results";
import { type Row, rowsOf } from "./table";

const [width, height] = [760, 420];
const [left, right, top, bottom] = [56, 250, 44, 40];

/** A line for each update, over the number of services; both scales are logarithmic, so that what is linear rises by one for each. */
export function scalePlot(title: string, figures: readonly Figure[]): string {
    const rows = rowsOf(figures).filter(({ of }) => of.startsWith("up"));
    const all = rows.flatMap(({ points }) => points);
    const x = scaleOf(
        all.map(({ services }) => services),
        left,
        width - right,
    );
    const y = scaleOf(
        all.map(({ seconds }) => seconds),
        height - bottom,
        top,
    );
    const sizes = [...new Set(all.map(({ services }) => services))];
    const label = `${title}: seconds of an update, both scales logarithmic`;
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${xmlText(label)}">`,
        style,
        `<rect class="ground" width="100%" height="100%"/>`,
        `<text class="name" x="16" y="26">${xmlText(label)}</text>`,
        ...sizes.map(
            (size) =>
                `<text class="value" x="${x(size).toFixed(1)}" y="${height - 14}" text-anchor="middle">${size.toLocaleString("en")}</text>`,
        ),
        ...rows.map((row, index) => line(row, index, { x, y })),
        "</svg>",
        "",
    ].join("\n");
}

const style = `<style>
svg { --ground: #ffffff; --ink: #1c2430; --soft: #5b6675; --l0: #2f6fd0; --l1: #c2571a; --l2: #1d8a5f; --l3: #8a4fbf; font: 13px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --ground: #12161c; --ink: #e8edf4; --soft: #9aa6b5; --l0: #7fb0ff; --l1: #ff9f68; --l2: #6fd3a8; --l3: #c9a0f2; } }
.ground { fill: var(--ground); } .line { fill: none; stroke-width: 2; } text { fill: var(--ink); } .name { font-weight: 600; } .value { fill: var(--soft); }
</style>`;

interface Scales {
    readonly x: (value: number) => number;
    readonly y: (value: number) => number;
}

function line({ of, points }: Row, index: number, { x, y }: Scales): string {
    const last = points.at(-1);
    if (!last) return "";
    const colour = `var(--l${index % 4})`;
    const way = points.map(({ services, seconds }) => `${x(services).toFixed(1)} ${y(seconds).toFixed(1)}`).join(" L");
    const words = `${of.replace(/^up, /, "")}: ${figureText(last.seconds)} s`;
    return [
        `<path class="line" stroke="${colour}" d="M${way}"/>`,
        ...points.map(
            ({ services, seconds }) =>
                `<circle fill="${colour}" r="3.5" cx="${x(services).toFixed(1)}" cy="${y(seconds).toFixed(1)}"/>`,
        ),
        `<text style="fill:${colour}" x="${(x(last.services) + 10).toFixed(1)}" y="${(y(last.seconds) + 4).toFixed(1)}">${xmlText(words)}</text>`,
    ].join("");
}

/** Where a value lies, on a logarithmic scale. */
function scaleOf(values: readonly number[], from: number, to: number): (value: number) => number {
    const [least, most] = [Math.log(Math.min(...values)), Math.log(Math.max(...values))];
    return (value) => from + ((Math.log(value) - least) / (most - least || 1)) * (to - from);
}
