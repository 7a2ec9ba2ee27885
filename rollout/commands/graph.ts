import { Command } from "commander";
import * as fs from "node:fs";
import { applied } from "../applied";
import { measureGraphFor } from "../graph/measure";
import { graphSvg } from "../graph/svg";
import { graphTable } from "../graph/table";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import { outFile, positive } from "./values";
import { UserError } from "../../components/userError";

interface GraphOptions {
    seconds: number;
    svg?: string;
    stack: string;
    cwd?: string;
    json?: boolean;
}

/** `upshift graph`: who calls whom, measured at the proxies; no addon is needed. */
export function graphCommand(): Command {
    return new Command("graph")
        .description("who calls whom, in percent of each caller's requests; exit code 1 if nobody calls anybody")
        .option("--seconds <n>", "how long to count", positive, 10)
        .option("--svg <file>", "write the picture to this file", outFile)
        .option("--stack <name>", "the stack, whose cluster is looked at", defaultStack)
        .addOption(cwdOption())
        .option("--json", "print the graph as JSON")
        .action(run);
}

async function run({ seconds, svg, stack, cwd, json }: GraphOptions): Promise<void> {
    const { access } = await applied(stack, otherProject(cwd));
    if (!access)
        throw new UserError({
            what: `The state of stack ${stack} names no cluster to look at.`,
            fix: `pulumi up --stack ${stack}, with a Kubernetes provider that reaches one`,
        });
    process.stderr.write(`Counting what every proxy sends, for ${seconds} s\n`);
    const graph = await measureGraphFor(access, seconds);
    if (graph.silent.length > 0)
        process.stderr.write(
            `Without counts per destination: ${graph.silent.join(", ")}\n  fix: pods that VersionedService makes have them; else annotate the pods: proxy.istio.io/config: '{"proxyStatsMatcher":{"inclusionRegexps":["cluster\\\\.outbound.*upstream_rq.*"]}}'\n`,
        );
    console.log(json ? JSON.stringify(graph, undefined, 2) : graphTable(graph));
    if (svg) fs.writeFileSync(svg, graphSvg(graph));
    if (graph.edges.length > 0) return;
    process.stderr.write(
        `No request passed a proxy in ${seconds} s.\n  fix: send some meanwhile, such as npx upshift verify SERVICE\n`,
    );
    process.exitCode = 1;
}
