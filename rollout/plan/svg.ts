import { weightOf } from "../../components/traffic/split/weights";
import type { Plan, Routes, ServicePlan } from "./model";
import { headline, nameOf } from "./told";
import { xmlText } from "../xmlText";

const width = 720;
const left = 66;
const bar = width - left - 20;
const rowHeight = 128;
/** Colours of versions, in their order; text on them is white, and they keep apart in light and dark and for the colour-blind. */
const colours = ["#3465a4", "#b35900", "#4e7a27", "#8f3f97", "#a33a3a", "#4d6066"];

/** The plan as a picture: for each service the split before and after, good in light and dark. */
export function asSvg(plan: Plan): string {
    const height = 60 + Math.max(1, plan.services.length) * rowHeight;
    const rows = plan.services.map((service, index) => row(service, 56 + index * rowHeight));
    const title = xmlText(headline(plan));
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${title}">`,
        `<style>`,
        `text { font: 14px system-ui, sans-serif; fill: #1f2328 } .small { font-size: 12px; fill: #59636e } .in { fill: #fff; font-weight: 600 } .name { font-weight: 600 } .none { fill: none; stroke: #818b98; stroke-dasharray: 4 3 }`,
        `@media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .small { fill: #9198a1 } .in { fill: #fff } }`,
        `</style>`,
        `<text class="name" x="16" y="30">${xmlText(shortened(headline(plan), 78))}</text>`,
        ...rows,
        ...(plan.services.length === 0 ? [`<text class="small" x="16" y="64">No user is moved.</text>`] : []),
        `</svg>`,
    ].join("\n");
}

function row({ service, at, applied, proposed, step }: ServicePlan, y: number): string {
    const versions = [...new Set([...Object.keys(applied?.weights ?? {}), ...Object.keys(proposed?.weights ?? {})])];
    return [
        `<g transform="translate(0 ${y})">`,
        `<text x="16" y="18"><tspan class="name">${xmlText(shortened(nameOf({ service, at }), 40))}</tspan><tspan class="small" dx="10">${xmlText(shortened(step.words, 40))}</tspan></text>`,
        ...half("now", applied, versions, 28),
        ...half("after", proposed, versions, 62),
        ...notes(proposed, 110),
        `</g>`,
    ].join("\n");
}

function half(title: string, routes: Routes | undefined, versions: readonly string[], y: number): string[] {
    const label = `<text class="small" x="${left - 8}" y="${y + 19}" text-anchor="end">${title}</text>`;
    if (!routes) return [label, `<rect class="none" x="${left}" y="${y}" width="${bar}" height="28" rx="3"/>`];
    let x = left;
    const parts = versions.map((version, index) => {
        const weight = weightOf(routes.weights, version);
        const size = Math.round((bar * weight) / 10) / 10;
        const part =
            weight > 0 ? segment(x, y, size, colours[index % colours.length] ?? "", `${version} ${weight} %`) : "";
        x += size;
        return part;
    });
    return [label, ...parts.filter(Boolean)];
}

/** Words that do not fit into the bar stand in its title, which browsers show at the pointer. */
function segment(x: number, y: number, size: number, colour: string, words: string): string {
    const text =
        size > words.length * 8.5 + 10 ? `<text class="in" x="${x + 8}" y="${y + 19}">${xmlText(words)}</text>` : "";
    return `<rect x="${x}" y="${y}" width="${size}" height="28" rx="3" fill="${colour}"><title>${xmlText(words)}</title></rect>${text}`;
}

function notes(routes: Routes | undefined, y: number): string[] {
    const special = routes?.special.map(({ who, to }) => `${who} → ${to}`) ?? [];
    const mirror = routes?.mirror ? [`copy of ${routes.mirror.percent} % → ${routes.mirror.to}`] : [];
    const all = [...special, ...mirror].join("; ");
    return all ? [`<text class="small" x="${left}" y="${y}">${xmlText(shortened(all, 88))}</text>`] : [];
}

function shortened(text: string, most: number): string {
    return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
