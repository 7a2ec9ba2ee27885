import { idOf, serviceIdOf, type TrafficGraph } from "./graph";
import type { Workload } from "./counters";

/** A service as a box with a row for each version. Lengths are in pixels. */
export interface Box {
    readonly service: Workload;
    readonly x: number;
    readonly y: number;
    readonly width: number;
    readonly height: number;
    readonly rows: readonly Row[];
}

/** A version's row in its service's box. */
export interface Row {
    readonly workload: Workload;
    /** The middle of the row. */
    readonly y: number;
}

/** Where everything stands. */
export interface Layout {
    readonly width: number;
    readonly height: number;
    readonly boxes: readonly Box[];
}

const margin = 24;
const box = { width: 180, header: 34, row: 26, gap: 28 };
const columnGap = 170;

/** Callers to the left of those they call, a column for each number of hops; each column in the middle of the height. */
export function layoutOf(graph: TrafficGraph): Layout {
    const services = servicesIn(graph);
    const columns: string[][] = [];
    for (const [id, column] of columnsOf(graph)) (columns[column] ??= []).push(id);
    const rowsOf = (id: string): Workload[] => services.get(id) ?? [];
    const heightOf = (id: string): number => box.header + rowsOf(id).length * box.row + 6;
    const heights = columns.map((ids) => ids.reduce((total, id) => total + heightOf(id) + box.gap, -box.gap));
    const tallest = Math.max(0, ...heights);
    const boxes = columns.flatMap((ids, column) => {
        let y = margin + (tallest - (heights[column] ?? 0)) / 2;
        return ids.map((id): Box => {
            const top = y;
            y += heightOf(id) + box.gap;
            return {
                service: { ...(rowsOf(id)[0] as Workload), version: "" },
                x: margin + column * (box.width + columnGap),
                y: top,
                width: box.width,
                height: heightOf(id),
                rows: rowsOf(id).map((workload, at) => ({
                    workload,
                    y: top + box.header + (at + 0.5) * box.row,
                })),
            };
        });
    });
    const width = 2 * margin + Math.max(1, columns.length) * (box.width + columnGap) - columnGap;
    return { width, height: tallest + 2 * margin, boxes };
}

/** Every service's versions, in order. */
function servicesIn({ edges }: TrafficGraph): Map<string, Workload[]> {
    const all = new Map(edges.flatMap(({ from, to }) => [from, to]).map((workload) => [idOf(workload), workload]));
    const services = new Map<string, Workload[]>();
    for (const id of [...all.keys()].sort()) {
        const workload = all.get(id) as Workload;
        services.set(serviceIdOf(workload), [...(services.get(serviceIdOf(workload)) ?? []), workload]);
    }
    return services;
}

/** How many hops a service is from those that nobody calls, by the longest way; a way back into a circle is not followed. */
function columnsOf({ edges }: TrafficGraph): Map<string, number> {
    const calls = edges.map(({ from, to }): [string, string] => [serviceIdOf(from), serviceIdOf(to)]);
    const all = [...new Set(calls.flat())].sort();
    const columns = new Map<string, number>();
    const place = (id: string, column: number, way: readonly string[]): void => {
        if (way.includes(id) || column <= (columns.get(id) ?? -1)) return;
        columns.set(id, column);
        for (const [from, to] of calls) if (from === id) place(to, column + 1, [...way, id]);
    };
    const first = all.filter((id) => !calls.some(([from, to]) => to === id && from !== id));
    for (const id of first) place(id, 0, []);
    // What is left is in circles that nobody enters from outside.
    for (const id of all) if (!columns.has(id)) place(id, 0, []);
    return columns;
}
