import { Command } from "commander";
import * as fs from "node:fs";
import { measureGraphFor } from "../graph/measure";
import { graphSvg } from "../graph/svg";
import { graphTable } from "../graph/table";
import { defaultStack } from "../pulumi";
import { stackOutputs } from "../stack";
import { positive } from "./verify";

/** `upshift graph`: who calls whom, measured at the proxies; no addon is needed. */
export function graphCommand(): Command {
    return new Command("graph")
        .description("who calls whom, in percent of each caller's requests; exit code 1 if nobody calls anybody")
        .option("--seconds <n>", "how long to count", positive, 10)
        .option("--svg <file>", "write the picture to this file")
        .option("--stack <name>", "the stack", defaultStack)
        .option("--json", "print the graph as JSON")
        .action(async (options: { seconds: number; svg?: string; stack: string; json?: boolean }) => {
            const { kubeconfig, context } = await stackOutputs(options.stack);
            process.stderr.write(`Counting what every proxy sends, for ${options.seconds} s\n`);
            const graph = await measureGraphFor({ kubeconfig, context }, options.seconds);
            if (graph.silent.length > 0)
                process.stderr.write(`Without counts per destination: ${graph.silent.join(", ")}\n`);
            if (options.svg) fs.writeFileSync(options.svg, graphSvg(graph));
            console.log(options.json ? JSON.stringify(graph, undefined, 2) : graphTable(graph));
            if (graph.edges.length > 0) return;
            process.stderr.write(
                `No request passed a proxy in ${options.seconds} s.\n  fix: send some meanwhile, such as npx upshift verify review\n`,
            );
            process.exitCode = 1;
        });
}
