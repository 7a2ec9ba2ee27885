import { type Edge, idOf, serviceIdOf, type TrafficGraph, wholeShares } from "./graph";
import { type Box, layoutOf } from "./layout";
import { xmlText } from "../xmlText";

/** The graph as a picture of its own, to be read on light and on dark ground. */
export function graphSvg(graph: TrafficGraph): string {
    const { width, height, boxes } = layoutOf(graph);
    const shares = labelsOf(graph.edges);
    const title = `Who calls whom: percent of each caller's requests, counted for ${graph.seconds.toFixed(0)} s`;
    return [
        `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height + 28}" width="${width}" height="${height + 28}" role="img" aria-label="${xmlText(title)}">`,
        style,
        `<rect class="ground" width="100%" height="100%"/>`,
        ...graph.edges.map((edge) => line(edge, boxes)),
        ...boxes.map(boxMark),
        ...graph.edges.map((edge, at) => label(edge, shares[at] ?? "", boxes)),
        `<text class="small" x="24" y="${height + 12}">${xmlText(title)}</text>`,
        "</svg>",
        "",
    ].join("\n");
}

const style = `<style>
svg { --ground: #ffffff; --ink: #1c2430; --soft: #5b6675; --box: #f2f5f9; --rim: #b6c0cd; --line: #2f6fd0; --bad: #c62828; font: 13px system-ui, sans-serif; }
@media (prefers-color-scheme: dark) { svg { --ground: #12161c; --ink: #e8edf4; --soft: #9aa6b5; --box: #1d242e; --rim: #465262; --line: #7fb0ff; --bad: #ff8a80; } }
.ground { fill: var(--ground); } .box { fill: var(--box); stroke: var(--rim); } .line { fill: none; stroke: var(--line); opacity: .75; } .line.bad { stroke: var(--bad); }
text { fill: var(--ink); } .name { font-weight: 600; } .small { fill: var(--soft); font-size: 11px; } .share { paint-order: stroke; stroke: var(--ground); stroke-width: 4px; font-weight: 600; text-anchor: end; } .share.bad { fill: var(--bad); }
</style>`;

/**
 * What stands beside each edge: whole percents of the caller's requests that add up within a service, as in
 * "33 % to review: 7 to v2 and 26 to v1".
 */
function labelsOf(edges: readonly Edge[]): string[] {
    const toOneService = new Map<string, Edge[]>();
    for (const edge of edges) {
        const id = `${idOf(edge.from)} ${serviceIdOf(edge.to)}`;
        toOneService.set(id, [...(toOneService.get(id) ?? []), edge]);
    }
    const labels = new Map<Edge, string>();
    for (const group of toOneService.values()) {
        const whole = wholeShares(group.map(({ share }) => share));
        group.forEach((edge, at) => labels.set(edge, inWords(edge, whole[at] ?? 0)));
    }
    return edges.map((edge) => labels.get(edge) ?? "");
}

function inWords({ share, requests, failed }: Edge, whole: number): string {
    const percent = whole === 0 && share > 0 ? "<1 %" : `${whole} %`;
    return failed > 0 ? `${percent}, ${((100 * failed) / requests).toFixed(1)} % failed` : percent;
}

function boxMark({ service, x, y, width, height, rows }: Box): string {
    const place = service.namespace
        ? `<tspan class="small"${rows[0]?.workload.version ? ' dx="6"' : ""}>${xmlText(service.namespace)}</tspan>`
        : "";
    return [
        `<g><rect class="box" x="${x}" y="${y}" width="${width}" height="${height}" rx="8"/>`,
        `<text class="name" x="${x + 12}" y="${y + 22}">${xmlText(service.service)}</text>`,
        ...rows.map(
            (row) =>
                `<text x="${x + 12}" y="${row.y + 4}">${xmlText(row.workload.version || (rows.length > 1 ? "any version" : ""))}${row === rows[0] ? place : ""}</text>`,
        ),
        "</g>",
    ].join("");
}

/** From the right side of the caller's row to the left side of the other's, as thick as its share. */
function line(edge: Edge, boxes: readonly Box[]): string {
    const { x1, y1, x2, y2 } = ends(edge, boxes);
    const bend = Math.max(60, Math.abs(x2 - x1) / 2);
    const thickness = (1 + edge.share / 12).toFixed(1);
    const from = `${edge.from.service} ${edge.from.version}`.trim();
    const to = `${edge.to.service} ${edge.to.version}`.trim();
    const hint = `${from} to ${to}: ${edge.requests} requests, ${edge.failed} failed`;
    return `<path class="line${bad(edge)}" stroke-width="${thickness}" d="M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}"><title>${xmlText(hint)}</title></path>`;
}

function label(edge: Edge, words: string, boxes: readonly Box[]): string {
    const { x2, y2 } = ends(edge, boxes);
    return `<text class="share${bad(edge)}" x="${x2 - 8}" y="${y2 - 5}">${xmlText(words)}</text>`;
}

function bad({ failed }: Edge): string {
    return failed > 0 ? " bad" : "";
}

function ends({ from, to }: Edge, boxes: readonly Box[]): { x1: number; y1: number; x2: number; y2: number } {
    const at = (id: string): { left: number; right: number; y: number } => {
        for (const { x, width, rows } of boxes) {
            const row = rows.find(({ workload }) => idOf(workload) === id);
            if (row) return { left: x, right: x + width, y: row.y };
        }
        throw new Error(`${id} is in no box.`);
    };
    const [caller, callee] = [at(idOf(from)), at(idOf(to))];
    return { x1: caller.right, y1: caller.y, x2: callee.left, y2: callee.y };
}
