import type { ListrTask, ListrTaskWrapper } from "listr2";
import { cacheDir } from "../paths";
import type { Target } from "../target";
import { usesBuiltKubernetes } from "../tools/providers";
import { clearDrafts } from "./draft";
import { duration } from "./duration";
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
    /** With the official Kubernetes provider. Default: as this checkout was told last. */
    officialKubernetes?: boolean;
    /** What is told after the first minute, where it takes longer. Default: nothing. */
    meanwhile?: string;
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
            if (left) await carryOut(left, options.meanwhile);
        },
        console.log,
    );
}

/** What set-up would make now, by name and version; nothing when all is there. */
export function whatSetUpMakes(options: SetUpOptions = {}): string[] {
    const left = whatIsLeft(planFor(options)) ?? [];
    return left.flatMap((stages) => stages.flatMap(({ jobs }) => jobs.map(({ title }) => title)));
}

function planFor(options: SetUpOptions): Plan {
    const { cliOnly, forTests, officialKubernetes: official = usesBuiltKubernetes(), target = "embedded" } = options;
    const extras = { forTests, official };
    if (cliOnly) return cliPlan(extras);
    return target === "embedded" ? wholePlan(extras) : targetPlan(extras);
}

async function carryOut(plan: Plan, meanwhile?: string): Promise<void> {
    const { Listr } = await import("listr2");
    // The list hides the cursor; without this it stays hidden after Ctrl-C.
    if (process.stdout.isTTY) process.once("exit", () => process.stdout.write("\u001b[?25h"));
    const start = Date.now();
    const failures: string[] = [];
    const stagesAtWork = new Set<StageTask>();
    // Below the title of a stage: whatever else is written while the list is on a terminal shows up when the list is at its end.
    const tell = (): void => [...stagesAtWork].slice(-1).forEach((task) => (task.output = meanwhile ?? ""));
    const timer = meanwhile === undefined ? undefined : setTimeout(tell, meanwhileAfter);
    try {
        for (const stages of plan) {
            stagesAtWork.clear();
            await new Listr(
                stages.map((stage) => taskOfStage(stage, failures, (task) => stagesAtWork.add(task))),
                {
                    concurrent: true,
                    exitOnError: false,
                    registerSignalListeners: false,
                    rendererOptions: { collapseSubtasks: false, collapseErrors: false },
                },
            ).run();
            if (failures.length > 0) throw new Error(explainFailures(failures));
        }
    } finally {
        clearTimeout(timer);
    }
    console.log(`Set-up took ${duration(Date.now() - start)}.`);
}

/** What went wrong, each once, and what to do. */
export function explainFailures(failures: readonly string[]): string {
    const isFull = failures.some((text) => /no space left on device|disk quota exceeded|ENOSPC/i.test(text));
    const fix = isFull ? "the disk is full; make room (df -h shows where), then run" : "run";
    return `Set-up could not finish.\n${[...new Set(failures)].join("\n")}\n  fix: ${fix} the same again: it goes on from here.`;
}

type StageTask = Pick<ListrTaskWrapper<unknown, never, never>, "title" | "output">;

/** Milliseconds after which a set-up tells what it is good for. */
const meanwhileAfter = 60_000;

function taskOfStage(stage: Stage, failures: string[], onBegin: (task: StageTask) => void): ListrTask {
    return {
        title: stage.title,
        task: (_, task) => {
            onBegin(task);
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

async function withProgress(task: StageTask, start: number, work: Job["work"]): Promise<void> {
    const title = task.title;
    let doing = "";
    const show = (): void => {
        // It waits for another, which says how far it is.
        if (doing === "" && !process.stdout.isTTY) return;
        task.output = `${process.stdout.isTTY ? "" : `${title}: `}${doing === "" ? "" : `${doing}, ${duration(Date.now() - start)}`}`;
    };
    const timer = setInterval(show, refreshEvery);
    try {
        await work((text) => (doing = text));
    } finally {
        clearInterval(timer);
    }
}
