import type { ListrTask, ListrTaskWrapper } from "listr2";
import { cacheDir } from "../paths";
import { clearDrafts, cliPlan, Job, Plan, Stage, whatIsLeft, wholePlan } from "./jobs";
import { withLock } from "./lock";

export interface SetUpOptions {
    /** Only what runs without the embedded cluster: Pulumi. Default: everything. */
    cliOnly?: boolean;
}

/**
 * Makes everything that isn't there yet, shows what it is doing, and returns at once when nothing is to do. Interrupted
 * at any point, the next call goes on: what is finished has its final name, and nothing else has.
 *
 * @throws when a job fails; the others of its stage are brought to their end first, so that their work isn't lost.
 */
export async function setUp(options: SetUpOptions = {}): Promise<void> {
    const plan = options.cliOnly ? cliPlan() : wholePlan();
    if (!whatIsLeft(plan)) return;
    const say = (pid: number): void => console.log(`Another set-up is at work (process ${pid}); waiting for it.`);
    await withLock(
        cacheDir("setup.lock"),
        async () => {
            clearDrafts();
            const left = whatIsLeft(plan);
            if (left) await carryOut(left);
        },
        say,
    );
}

async function carryOut(plan: Plan): Promise<void> {
    const { Listr } = await import("listr2");
    const start = Date.now();
    for (const stages of plan) {
        const list = new Listr(stages.map(taskOfStage), {
            concurrent: true,
            exitOnError: false,
            collectErrors: "minimal",
            registerSignalListeners: false,
            rendererOptions: { collapseSubtasks: false, collapseErrors: false },
        });
        await list.run();
        const failures = list.errors.map((failed) => failed.message);
        if (failures.length > 0) throw new Error(`Set-up could not finish.\n${[...new Set(failures)].join("\n")}`);
    }
    console.log(`Set-up took ${duration(Date.now() - start)}.`);
}

function taskOfStage(stage: Stage): ListrTask {
    return {
        title: stage.title,
        task: (_, task) => task.newListr(stage.jobs.map(taskOfJob), { concurrent: stage.atOnce, exitOnError: false }),
    };
}

function taskOfJob(job: Job): ListrTask {
    return {
        title: job.title,
        task: async (_, task) => {
            const start = Date.now();
            await withProgress(task, start, job.work);
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
