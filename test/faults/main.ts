/**
 * Plays the fault table on an embedded cluster of its own, and writes docs/reliability.md.
 *
 *     npm run test:faults -- [--minutes N] [--only NAME]... [--seed N] [--stop SECONDS] [--go-on] [--list]
 */
import * as fs from "node:fs";
import { Command, InvalidArgumentError, Option } from "commander";
import { z } from "zod";
import { stateDir } from "../../cluster/paths";
import { writeWhole } from "../../cluster/wholeFile.mjs";
import { random } from "../support/gateTraffic";
import { Bench } from "./bench";
import { type Case, casesOf, nameOf } from "./plan";
import { type Outcome, play } from "./play";
import { reportOf, type Run, whereabouts, writeReport } from "./report";
import { faults } from "./table";

/** The name of the cluster and of the stack. */
const name = "faults";
/** Seconds for which something stands still, unless somebody says otherwise. */
const usualStop = 30;

interface Flags {
    readonly minutes?: number;
    readonly only: readonly string[];
    readonly seed: number;
    readonly stop: number;
    readonly goOn?: boolean;
    readonly list?: boolean;
}

async function main(flags: Flags): Promise<void> {
    if (flags.list) {
        list();
        return;
    }
    const run = begun(flags);
    const bench = new Bench(name);
    const until = flags.minutes === undefined ? Infinity : Date.now() + flags.minutes * 60_000;
    try {
        await bench.begin();
        if (run.place) await bench.resume(run.place);
        for (const one of casesOf(flags.only)) {
            if (Date.now() > until) break;
            if (run.outcomes[nameOf(one)]) continue;
            run.outcomes[nameOf(one)] = await outcomeOf(bench, one, flags);
            run.place = bench.place;
            writeWhole(results(), JSON.stringify(run, undefined, 2));
        }
    } finally {
        await bench.quiet();
        if (!flags.goOn) await bench.end();
    }
    // A page of a part would say less than the one that is there.
    if (flags.only.length > 0) console.log(reportOf(run, whereabouts()));
    else writeReport(run);
    if (Object.values(run.outcomes).some(({ complaints }) => complaints.length > 0)) process.exitCode = 1;
}

/** One that could not be played to its end is told as such, and the next is played. */
async function outcomeOf(bench: Bench, one: Case, { seed, stop }: Flags): Promise<Outcome> {
    process.stdout.write(`▸ ${nameOf(one)}: `);
    const outcome = await play(bench, one.fault, one.transition, {
        stopSeconds: stop,
        random: random(seedOf(one, seed)),
    }).catch(async (error: Error): Promise<Outcome> => {
        // Where it stands is not known: the next one begins from its own beginning.
        await bench.forget();
        return { ...nothing, fault: one.fault.name, transition: one.transition.name, complaints: [error.message] };
    });
    const { requests, failed, unserved, wentOn, typed, complaints } = outcome;
    console.log(
        `${failed} of ${requests} failed (${unserved.toFixed(0)} s), went on after ${wentOn.toFixed(0)} s ${typed.join(", ")}`,
    );
    for (const complaint of complaints) console.log(`    ✘ ${complaint}`);
    return outcome;
}

const nothing = { step: "", at: 0, requests: 0, failed: 0, failures: {}, unserved: 0, wentOn: 0, typed: [] } as const;

/** Each case has random points of its own, which do not depend on what was played before it. */
function seedOf(one: Case, seed: number): number {
    return [...nameOf(one)].reduce((hash, letter) => (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0, seed);
}

function begun({ seed, goOn }: Flags): Run {
    if (goOn && fs.existsSync(results())) return JSON.parse(fs.readFileSync(results(), "utf8")) as Run;
    return { began: new Date().toISOString(), seed, outcomes: {} };
}

const results = (): string => stateDir("faults.json");

function list(): void {
    for (const { name: fault, does, during } of faults)
        console.log(`${fault}\n    ${does}; during ${during.join(", ")}`);
    console.log(`\n${casesOf().length} cases in a whole run`);
}

function number(text: string): number {
    const { data } = z.coerce.number().nonnegative().safeParse(text);
    if (data === undefined) throw new InvalidArgumentError("It must be a number.");
    return data;
}

new Command("test:faults")
    .description("play the fault table on an embedded cluster of its own, and write docs/reliability.md")
    .option("--minutes <n>", "begin nothing more after so many minutes", number)
    .addOption(
        new Option("--only <name>", "a fault; may be given several times")
            .argParser((one: string, before: readonly string[]) => {
                if (!faults.some((fault) => fault.name === one))
                    throw new InvalidArgumentError("There is none of this name.\n  fix: npm run test:faults -- --list");
                return [...before, one];
            })
            .default([]),
    )
    .option("--seed <n>", "of the random points at which faults happen", number, 1)
    .option("--stop <seconds>", "for how long what stands still does so", number, usualStop)
    .option("--go-on", "go on where an earlier run with this option ended, on its cluster, and leave that for the next")
    .option("--list", "say what there is, and play nothing")
    .action(main)
    .parseAsync()
    .catch((error: Error) => {
        console.error(error.message);
        process.exitCode = 2;
    });
