/**
 * Measures upshift beside others in one run, on an embedded cluster of its own, and writes bench/results.json and docs/benchmarks.md.
 *
 *     npm run bench [-- --only MEASURE,…] [--without NAME]… [--runs N] [--sizes N,…] [--check] [--keep] [--list]
 */
import { Command, InvalidArgumentError } from "commander";
import { z } from "zod";
import { Bed } from "./bed";
import { broughtUp, contendersOn } from "./contenders/all";
import { measures } from "./measures/all";
import type { Measure } from "./measures/measure";
import { compare, ratios, tolerance } from "./results/ratios";
import { merged, readResults, type Results, writeResults } from "./results/results";
import { Load, machine, versions } from "./results/where";
import { writePage } from "./results/write";

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

async function main(flags: Flags): Promise<void> {
    if (flags.list) {
        for (const one of measures) console.log(`${one.name.padEnd(10)} ${one.title}. ${one.how}`);
        return;
    }
    // Of those that no ratio is of there is nothing to compare.
    const usual = flags.check ? ratios.map(({ measure }) => measure) : measures.map((one) => one.name);
    const wanted = measures.filter((one) => (flags.only.length > 0 ? flags.only : usual).includes(one.name));
    // Before anything is measured: an hour later is late to hear that there is nothing to compare with.
    const committed = flags.check ? readResults() : undefined;
    if (flags.only.length === 1 && flags.only[0] === docs) {
        writePage(readResults());
        return;
    }
    // Measure by measure: one that fails later takes nothing of it away.
    const keep = (results: Results): void => {
        writeResults(merged(orNothing(results), results));
        writePage(readResults());
    };
    const results = await measured(wanted, flags, committed ? () => undefined : keep);
    if (committed) report(committed, results);
    else {
        if (flags.only.length === 0) writeResults(results);
        writePage(readResults());
        console.log("written: bench/results.json, docs/benchmarks.md");
    }
}

/** Not a measure: the page anew from what is measured. */
const docs = "docs";

/** @param onTaken is told of what there is after each measure. */
async function measured(
    wanted: readonly Measure[],
    { runs, sizes, keep, without }: Flags,
    onTaken: (results: Results) => void,
): Promise<Results> {
    const began = new Date().toISOString();
    const isAlone = wanted.every((one) => one.isAlone);
    const bed = new Bed(isAlone ? `${name}-mesh` : name);
    const load = new Load();
    const tell = (line: string): void => console.log(line);
    tell(`▸ cluster ${bed.name}`);
    const all = contendersOn(bed).filter((one) => !without.includes(one.name));
    const results: Pick<Results, "figures" | "missing"> = { figures: [], missing: [] };
    const whole = (): Results => ({
        began,
        machine: machine(),
        versions: versions(),
        load: load.median,
        cores: load.cores,
        ...results,
    });
    try {
        const setUp = isAlone ? await bed.beginMesh() : await bed.begin();
        const { up, failed } = wanted.some((one) => one.needsContenders)
            ? await broughtUp(all, tell)
            : { up: [], failed: [] };
        for (const measure of wanted) {
            tell(`▸ ${measure.name}: ${measure.title}`);
            const taken = await measure.take({ bed, contenders: up, runs, sizes, tell, setUp });
            results.figures.push(...taken.figures);
            results.missing.push(...taken.missing);
            if (measure.needsContenders)
                results.missing.push(...failed.map(({ of, why }) => ({ measure: measure.name, of, why })));
            onTaken(whole());
        }
    } finally {
        load.stop();
        for (const one of all) await one.down().catch((error: Error) => tell(`  ${one.name}: ${error.message}`));
        if (!keep) await bed.end();
    }
    return whole();
}

function orNothing(results: Results): Results {
    try {
        return readResults();
    } catch {
        return { ...results, figures: [], missing: [] };
    }
}

function report(committed: Results, now: Results): void {
    const compared = compare(committed, now);
    for (const { name, was, is, isWorse } of compared)
        console.log(`${isWorse ? "✘" : "✔"} ${name}: ${is.toFixed(2)}, committed ${was.toFixed(2)}`);
    const worse = compared.filter(({ isWorse }) => isWorse);
    if (compared.length === 0)
        throw new Error("Nothing was measured that the committed run has a ratio of.\n  fix: npm run bench -- --check");
    if (worse.length === 0) return;
    console.error(
        `${worse.length} of ${compared.length} ratios are more than ${100 * tolerance} % worse than the committed ones.\n` +
            "  fix: measure again on a machine without other work; if it stays, find the commit, or commit the new figures: npm run bench",
    );
    process.exitCode = 1;
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

function counts(text: string): number[] {
    return text.split(",").map(count);
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

// Whoever ends it early ends the controllers and loads that it has started, too; a cluster that is left is taken by the next run.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

new Command("bench")
    .description("measure upshift beside kubectl, Pulumi, Argo Rollouts and Flagger, on an embedded cluster of its own")
    .option("--only <measures>", `some of them, with commas between; ${docs}: only write the page anew`, measuresIn, [])
    .option("--without <name>", "leave one out, such as Flagger; may be given several times", named, [])
    .option("--runs <n>", "of each figure", count, 10)
    .option("--sizes <n,…>", "how many services there are, for the measure of many: 1,10,100", counts)
    .option("--check", "compare with the committed ratios, write nothing, and fail where one is more than 25 % worse")
    .option("--keep", "leave the cluster, for another run")
    .option("--list", "say what is measured, and measure nothing")
    .action(main)
    .parseAsync()
    .catch((error: Error) => {
        console.error(error.message);
        process.exitCode = 2;
    });
