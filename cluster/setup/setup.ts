import type { ListrTask, ListrTaskWrapper } from "listr2";
import { cacheDir } from "../paths";
import type { Target } from "../target";
import { clearDrafts } from "./draft";
import { cliPlan, type Job, type Plan, type Stage, targetPlan, whatIsLeft, wholePlan } from "./jobs";
import { removeLeftovers, setUpLock } from "./leftovers";
import { withLock } from "./lock.mjs";

export interface SetUpOptions {
    /** Only what runs without the embedded cluster: Pulumi. Default: everything. */
    cliOnly?: boolean;
    /** Only what a stack on this target needs. Default: what the embedded cluster needs, which is everything. */
    target?: Target["name"];
    /** With what tests alone ask for. Default: without. */
    forTests?: boolean;
}

/**
 * Makes everything that isn't there yet, shows what it is doing, and returns at once when nothing is to do. Interrupted
 * at any point, the next call goes on: what is finished has its final name, and nothing else has.
 *
 * @throws when a job fails; the others of its stage are brought to their end first, so that their work isn't lost.
 */
export async function setUp(options: SetUpOptions = {}): Promise<void> {
    await removeLeftovers(console.log);
    const plan = planFor(options);
    if (!whatIsLeft(plan)) return;
    await withLock(
        setUpLock(),
        "which sets up",
        async () => {
            for (const folder of ["tools", "images"]) clearDrafts(cacheDir(folder));
            const left = whatIsLeft(plan);
            if (left) await carryOut(left);
        },
        console.log,
    );
}

/** What set-up would make now, by name and version; nothing when all is there. */
export function whatSetUpMakes(options: SetUpOptions = {}): string[] {
    const left = whatIsLeft(planFor(options)) ?? [];
    return left.flatMap((stages) => stages.flatMap(({ jobs }) => jobs.map(({ title }) => title)));
}

function planFor({ cliOnly, forTests, target = "embedded" }: SetUpOptions): Plan {
    if (cliOnly) return cliPlan();
    return target === "embedded" ? wholePlan(forTests) : targetPlan();
}

async function carryOut(plan: Plan): Promise<void> {
    const { Listr } = await import("listr2");
    // The list hides the cursor; without this it stays hidden after Ctrl-C.
    if (process.stdout.isTTY) process.once("exit", () => process.stdout.write("\u001b[?25h"));
    const start = Date.now();
    const failures: string[] = [];
    for (const stages of plan) {
        await new Listr(
            stages.map((stage) => taskOfStage(stage, failures)),
            {
                concurrent: true,
                exitOnError: false,
                registerSignalListeners: false,
                rendererOptions: { collapseSubtasks: false, collapseErrors: false },
            },
        ).run();
        if (failures.length > 0) throw new Error(explainFailures(failures));
    }
    console.log(`Set-up took ${duration(Date.now() - start)}.`);
}

/** What went wrong, each once, and what to do. */
export function explainFailures(failures: readonly string[]): string {
    const isFull = failures.some((text) => /no space left on device|disk quota exceeded|ENOSPC/i.test(text));
    const fix = isFull ? "the disk is full; make room (df -h shows where), then run" : "run";
    return `Set-up could not finish.\n${[...new Set(failures)].join("\n")}\n  fix: ${fix} the same again: it goes on from here.`;
}

function taskOfStage(stage: Stage, failures: string[]): ListrTask {
    return {
        title: stage.title,
        task: (_, task) => {
            const onFailure = (message: string): void => {
                failures.push(message);
                task.title = `${stage.title}: not finished`;
            };
            const tasks = stage.jobs.map((job) => taskOfJob(job, () => failures.length > 0, onFailure));
            return task.newListr(tasks, { concurrent: stage.atOnce, exitOnError: false });
        },
    };
}

/** After a failure nothing new is begun, since what it lacks (a network, room on the disk) is lacking for the others too. */
function taskOfJob(job: Job, isOver: () => boolean, onFailure: (message: string) => void): ListrTask {
    return {
        title: job.title,
        skip: isOver,
        task: async (_, task) => {
            const start = Date.now();
            try {
                await withProgress(task, start, job.work);
            } catch (error) {
                onFailure(`${job.title}: ${(error as Error).message}`);
                throw new Error("see below", { cause: error });
            }
            task.title = `${job.title} (${duration(Date.now() - start)})`;
        },
    };
}

/** On a terminal the line is written anew each second; a log gets a line every half a minute. */
const refreshEvery = process.stdout.isTTY ? 1_000 : 30_000;

async function withProgress(
    task: Pick<ListrTaskWrapper<unknown, never, never>, "title" | "output">,
    start: number,
    work: Job["work"],
): Promise<void> {
    const title = task.title;
    let doing = "";
    const show = (): void => {
        task.output = `${process.stdout.isTTY ? "" : `${title}: `}${doing}, ${duration(Date.now() - start)}`;
    };
    const timer = setInterval(show, refreshEvery);
    try {
        await work((text) => (doing = text));
    } finally {
        clearInterval(timer);
    }
}

/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function duration(milliseconds: number): string {
    const seconds = milliseconds / 1000;
    if (seconds < 10) return `${seconds.toFixed(1)} s`;
    const whole = Math.round(seconds);
    return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
