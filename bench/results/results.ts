import * as fs from "node:fs";
import * as path from "node:path";
import { z } from "zod";
import { UserError } from "../../components/userError";
import { projectRoot } from "../../cluster/paths";
import { writeWhole } from "../../cluster/wholeFile.mjs";

const figure = z.object({
    /** What is measured, by its name in `measures`. */
    measure: z.string(),
    /** Who or what was measured. */
    of: z.string(),
    /** Of the values: `s`, `MiB`, `MB`, `points`, `requests/s`. */
    unit: z.string(),
    /** One for each run. */
    values: z.array(z.number()).min(1),
    /** CPU seconds of each run, where that was measured beside it. */
    cpu: z.array(z.number()).optional(),
    /** How many services there were, where that is what differs. */
    services: z.number().optional(),
    /** Requests a second of the load under which it was taken. */
    rate: z.number().optional(),
    /** Requests that were sent meanwhile, and how many of them failed, of all runs. */
    requests: z.number().optional(),
    failed: z.number().optional(),
    /** What failed requests said, each once. */
    reasons: z.array(z.string()).optional(),
});

const missing = z.object({ measure: z.string(), of: z.string(), why: z.string() });

const schema = z.object({
    /** When the run began, as an ISO date. */
    began: z.string(),
    machine: z.string(),
    versions: z.record(z.string(), z.string()),
    /** Processes that wanted a core, in the median of the looks at it. */
    load: z.number(),
    cores: z.number(),
    figures: z.array(figure),
    /** What could not be measured, and why. */
    missing: z.array(missing),
});

export type Figure = z.infer<typeof figure>;
export type Missing = z.infer<typeof missing>;
/** A run of the bench, as bench/results.json has it. */
export type Results = z.infer<typeof schema>;

const file = (): string => path.join(projectRoot(), "bench", "results.json");

/** The committed run. @throws when there is none, or it can't be read */
export function readResults(): Results {
    if (!fs.existsSync(file()))
        throw new UserError({
            what: "bench/results.json is not there: nothing was measured yet.",
            fix: "npm run bench",
        });
    const parsed = schema.safeParse(JSON.parse(fs.readFileSync(file(), "utf8")));
    if (parsed.success) return parsed.data;
    const at = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; ");
    throw new UserError({ what: `bench/results.json is not as the bench writes it: ${at}.`, fix: "npm run bench" });
}

/** Writes a run, in one go. */
export function writeResults(results: Results): void {
    // More digits are the clock's own, and would make every diff a long one.
    const digits = (_: string, value: unknown): unknown =>
        typeof value === "number" ? Number(value.toPrecision(6)) : value;
    writeWhole(file(), `${JSON.stringify(results, digits, 4)}\n`, { readableBy: "all" });
}

/** A run whose measures take the place of the same ones of an earlier run, which keeps its others. */
export function merged(earlier: Results, later: Results): Results {
    const measured = new Set([...later.figures, ...later.missing].map(({ measure }) => measure));
    const kept = <T extends { measure: string }>(all: readonly T[]): T[] =>
        all.filter(({ measure }) => !measured.has(measure));
    return {
        ...later,
        figures: [...kept(earlier.figures), ...later.figures],
        missing: [...kept(earlier.missing), ...later.missing],
    };
}
