import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { measures } from "../measures/all";
import { notes } from "./notes";
import { pageOf, plotName } from "./page";
import { plotSvg } from "./plot";
import type { Results } from "./results";

/** Writes docs/benchmarks.md and its pictures from a run. */
export function writePage(results: Results): void {
    const file = (name: string): string => path.join(projectRoot(), "docs", name);
    fs.writeFileSync(file("benchmarks.md"), pageOf(results, measures, notes));
    for (const { name, title, plot = plotSvg } of measures) {
        const own = results.figures.filter(({ measure }) => measure === name);
        // One of an earlier run would be of figures that are no longer there.
        if (own.length === 0) fs.rmSync(file(plotName(name)), { force: true });
        else fs.writeFileSync(file(plotName(name)), plot(title, own));
    }
}
