import * as path from "node:path";
import { Command } from "commander";
import { writeWhole } from "../../cluster/wholeFile.mjs";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import { outFile } from "./values";

interface MetricsFlags {
    stack: string;
    cwd?: string;
    out?: string;
}

/** `upshift metrics`: a stack's releases for Prometheus. */
export function metricsCommand(): Command {
    return new Command("metrics")
        .description(
            "a stack's releases as OpenMetrics, from its history and state: how many, how they ended, how long they took, and who is served by what",
        )
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--out <file>", "write it there whole, such as for node-exporter's textfile collector", outFile)
        .action(async ({ stack, cwd, out }: MetricsFlags) => {
            const { releaseMetrics } = await import("../release/metrics/collect");
            const text = await releaseMetrics(stack, otherProject(cwd));
            // Another user's exporter reads it.
            if (out === undefined) process.stdout.write(text);
            else writeWhole(path.resolve(out), text, { readableBy: "all" });
        });
}
