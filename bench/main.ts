/**
 * Measures upshift beside others in one run, on an embedded cluster of its own, and writes bench/results.json and docs/benchmarks.md.
 *
 *     npm run bench [-- --only MEASURE,…] [--without NAME]… [--runs N] [--sizes N,…] [--check] [--keep] [--list]
 */
import { Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { Bed } from "./bed";
import { contendersOn } from "./contenders/all";
import { measures, passes } from "./measures/all";
import { checked } from "./results/checked";
import { ratios, tolerance } from "./results/ratios";
import { merged, readResults, type Results, writeResults } from "./results/results";
import { writePage } from "./results/write";
import { Run, usualRuns } from "./run";

/** The name of the cluster and of the stack. */
const name = "bench";

interface Flags {
    readonly only: readonly string[];
    readonly without: readonly string[];
    readonly runs: number;
    readonly sizes?: readonly number[];
    readonly check?: boolean;
    readonly keep?: boolean;
    readonly list?: boolean;
}

async function main({ only, without, runs, sizes, check, keep = false, list }: Flags): Promise<void> {
    if (list) {
        for (const one of measures) console.log(`${one.name.padEnd(10)} ${one.title}. ${one.how}`);
        return;
    }
    if (only.length === 1 && only[0] === docs) {
        writePage(readResults());
        return;
    }
    // Of those that no ratio is of there is nothing to compare.
    const usual = check ? usualMeasures.filter((one) => ratios.some(({ measure }) => measure === one)) : usualMeasures;
    const wanted = only.length > 0 ? only : usual;
    // Before anything is measured: an hour later is late to hear that there is nothing to compare with.
    const committed = check ? readResults() : undefined;
    const chosen = passes.filter((pass) => pass.measures.some((one) => wanted.includes(one.name)));
    let results: Results | undefined;
    for (const isAlone of [false, true]) {
        const own = chosen.filter((pass) => (pass.isAlone ?? false) === isAlone);
        if (own.length === 0) continue;
        const bed = new Bed(isAlone ? `${name}-mesh` : name);
        const run = new Run({
            bed,
            contenders: contendersOn(bed).filter((one) => !without.includes(one.name)),
            passes: own,
            runs,
            sizes,
            keep,
            // Pass by pass: one that fails later takes nothing of it away.
            onTaken: (taken) => {
                if (!committed) keepOf(taken);
            },
        });
        const taken = await stoppable(run);
        results = results ? merged(results, taken) : taken;
    }
    if (!results) return;
    if (committed) {
        const { lines, isGood } = checked(committed, results, { measures: wanted, without });
        for (const line of lines) console.log(line);
        process.exitCode = isGood ? 0 : 1;
        return;
    }
    writePage(readResults());
    console.log("written: bench/results.json, docs/benchmarks.md");
}

/** All but those that have a cluster to themselves. */
const usualMeasures = passes.filter(({ isAlone }) => !isAlone).flatMap((pass) => pass.measures.map((one) => one.name));

/** Not a measure: the page anew from what is measured. */
const docs = "docs";

function keepOf(results: Results): void {
    writeResults(merged(orNothing(results), results));
    writePage(readResults());
}

function orNothing(results: Results): Results {
    try {
        return readResults();
    } catch {
        return { ...results, figures: [], missing: [] };
    }
}

/** Whoever ends it early ends all that it has started, too; whoever does so twice does not wait for that. */
async function stoppable(run: Run): Promise<Results> {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
        process.on(signal, () => {
            if (run.isStopped) process.exit(130);
            console.log("ending: takes away what was started; once more, and all of it is left");
            run.stop();
        });
    try {
        return await run.measured();
    } finally {
        if (run.isStopped) process.exit(130);
    }
}

function measuresIn(text: string): string[] {
    const names = text.split(",").map((one) => one.trim());
    const known = [...measures.map((one) => one.name), docs];
    const unknown = names.filter((one) => !known.includes(one));
    if (unknown.length > 0)
        throw new InvalidArgumentError(
            `There is no ${unknown.join(", ")}; there are ${known.join(", ")}.\n  fix: npm run bench -- --list`,
        );
    return names;
}

function named(text: string, before: readonly string[]): string[] {
    const known = contendersOn(new Bed(name)).map((one) => one.name);
    if (known.includes(text)) return [...before, text];
    throw new InvalidArgumentError(
        `There is no ${text}; there are ${known.join("; ")}.\n  fix: npm run bench -- --without "${known.at(-2)}"`,
    );
}

function count(text: string): number {
    const { data } = z.coerce.number().int().min(1).safeParse(text);
    if (data === undefined) throw new InvalidArgumentError("It must be a whole number, 1 or more.");
    return data;
}

function counts(text: string): number[] {
    return text.split(",").map(count);
}

const worse = `${100 * tolerance} %`;

new Command("bench")
    .description("measure upshift beside kubectl, Pulumi, Argo Rollouts and Flagger, on an embedded cluster of its own")
    .option("--only <measures>", `some of them, with commas between; ${docs}: only write the page anew`, measuresIn, [])
    .option("--without <name>", "leave one out, such as Flagger; may be given several times", named, [])
    .option("--runs <n>", "of each figure; those that take long have fewer", count, usualRuns)
    .option("--sizes <n,…>", "how many services there are, for the measure of many: 1,10,100", counts)
    .option(
        "--check",
        `compare with the committed ratios, write nothing, and fail where one is more than ${worse} worse`,
    )
    .option("--keep", "leave the cluster, for another run")
    .option("--list", "say what is measured, and measure nothing")
    .action(main)
    .parseAsync()
    .catch((error: Error) => {
        console.error(error.message);
        process.exitCode = 2;
    });
