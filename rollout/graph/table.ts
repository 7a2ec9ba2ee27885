import Table from "cli-table3";
import { idOf, serviceIdOf, type TrafficGraph } from "./graph";

/** The graph as a table, a line for each edge. */
export function graphTable({ edges, seconds }: TrafficGraph): string {
    const table = new Table({
        head: ["caller", "service", "version", "share of the caller's", "of the service's", "requests/s", "failed"],
        colAligns: ["left", "left", "left", "right", "right", "right", "right"],
        style: { head: [], border: [] },
    });
    edges.forEach((edge, at) => {
        const previous = edges[at - 1];
        const sameCaller = previous !== undefined && idOf(previous.from) === idOf(edge.from);
        const sameService = sameCaller && serviceIdOf(previous.to) === serviceIdOf(edge.to);
        table.push([
            sameCaller ? "" : `${edge.from.service} ${edge.from.version}`.trim(),
            sameService ? "" : edge.to.service,
            edge.to.version,
            `${edge.share.toFixed(1)} %`,
            `${edge.shareOfService.toFixed(1)} %`,
            (edge.requests / seconds).toFixed(1),
            edge.failed,
        ]);
    });
    return table.toString();
}
