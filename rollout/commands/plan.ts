import * as fs from "node:fs";
import * as path from "node:path";
import { Command } from "commander";
import { collected, outFile } from "./values";
import type { Plan } from "../plan/model";
import { planOf } from "../plan/plan";
import type { SavedPlan } from "../plan/saved";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import { commandsFor, whereAsked } from "../release/where";

interface PlanOptions {
    stack: string;
    cwd?: string;
    policyPack: string[];
    policyPackConfig: string[];
    json?: boolean;
    markdown?: boolean;
    jsonFile?: string;
    markdownFile?: string;
    svg?: string;
    savePlan?: string;
    approved?: string;
}

/** `upshift plan`: what `pulumi up` would do to users. */
export function planCommand(): Command {
    return new Command("plan")
        .description(
            "what `pulumi up` would do to users; exit code 0 if it may go ahead, 1 if a guard refuses, 2 if the preview failed or the cluster did not answer",
        )
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--policy-pack <folder>", "a policy pack; may be given several times", collected, [])
        .option("--policy-pack-config <file>", "its config, in the order of the packs", collected, [])
        .option("--json", "print it as JSON")
        .option("--markdown", "print it for a pull request")
        .option("--json-file <file>", "write it as JSON, too", outFile)
        .option("--markdown-file <file>", "write it for a pull request, too", outFile)
        .option("--svg <file>", "write it as a picture, too", outFile)
        .option("--save-plan <file>", "write the update plan that `pulumi up --plan` takes", outFile)
        .option(
            "--approved <file>",
            "refuse (exit code 1) when this is no longer what was approved, by its --json-file",
        )
        .action(run);
}

async function run(options: PlanOptions): Promise<void> {
    // A file that can't be compared is told of before anything takes its time.
    const approved = options.approved === undefined ? undefined : await approvedPlan(options.approved);
    process.stderr.write(`Previewing ${options.stack} …\n`);
    const { stack, savePlan } = options;
    const asked = {
        stack,
        folder: plannedFolder(options.cwd),
        policyPacks: options.policyPack.map((folder) => path.resolve(folder)),
        policyPackConfigs: options.policyPackConfig.map((file) => path.resolve(file)),
    };
    const again = (): Promise<Plan> => {
        process.stderr.write("Previewing once more, to tell what the program makes anew at each run …\n");
        return planOf(asked);
    };
    const first = await planOf({ ...asked, savePlan: savePlan && path.resolve(savePlan) });
    const plan = options.jsonFile === undefined ? first : await approvable(first, again);
    await tell(plan, options);
    process.exitCode = exitCodeOf(plan);
    if (approved) await refuseMoved(approved, plan, again);
}

/** A plan that may be approved, with what no preview of it can promise. @param again plans the same once more */
async function approvable(plan: Plan, again: () => Promise<Plan>): Promise<Plan> {
    if (!plan.changes.some(({ created }) => created)) return plan;
    const { unsteadyIn } = await import("../plan/moved");
    return { ...plan, unsteady: unsteadyIn(plan, await again()) };
}

/** A folder that is no project is told of in every form that was asked for: a pull request's comment is one of them. */
function plannedFolder(cwd: string | undefined): string | undefined {
    try {
        return otherProject(cwd);
    } catch (error) {
        if (cwd !== undefined && fs.existsSync(cwd)) return path.resolve(cwd);
        throw error;
    }
}

/**
 * What a plan is told with is loaded when there is one: Pulumi begins the sooner. It is printed before it is written, so that a full disk
 * takes it from nobody.
 */
async function tell(plan: Plan, options: PlanOptions): Promise<void> {
    const said = (text: string): string => commandsFor(whereAsked(options), text);
    // As data it says itself of which stack it is.
    const json = JSON.stringify(plan, undefined, 2);
    const asked = options.markdown || options.markdownFile;
    const markdown = asked ? said((await import("../plan/markdown")).asMarkdown(plan)) : "";
    if (options.json) console.log(json);
    else console.log(options.markdown ? markdown : said((await import("../plan/text")).asText(plan)));
    write(options.jsonFile, `${json}\n`);
    write(options.markdownFile, `${markdown}\n`);
    if (options.svg) write(options.svg, `${(await import("../plan/svg")).asSvg(plan)}\n`);
}

async function approvedPlan(file: string): Promise<SavedPlan> {
    const { savedPlan } = await import("../plan/saved");
    return savedPlan(file);
}

/** @param again plans the same once more; called only where what is created is another than was approved. */
async function refuseMoved(approved: SavedPlan, now: Plan, again: () => Promise<Plan>): Promise<void> {
    const [{ isOfCreated, movedSince, withoutUnsteady }, { inShort }] = await Promise.all([
        import("../plan/moved"),
        import("../plan/fields"),
    ]);
    const all = movedSince(approved, now);
    const moved = all.some(isOfCreated) ? withoutUnsteady(all, approved, now, await again()) : all;
    if (moved.length === 0) return;
    const lines = moved.map(({ path: at, from, to }) => `  ${at}: ${inShort(from)} → ${inShort(to)}`);
    console.error(
        `upshift: this is not what was approved any more:\n${lines.join("\n")}\n  fix: preview again, and have that approved`,
    );
    process.exitCode ||= 1;
}

/** 0: may go ahead. 1: a guard refuses. 2: not all could be planned, or the cluster did not answer. */
export function exitCodeOf({ result, live }: Pick<Plan, "result" | "live">): number {
    if (result === "failed") return 2;
    if (result === "refused") return 1;
    return live.seen || live.unasked ? 0 : 2;
}

function write(file: string | undefined, text: string): void {
    if (file) fs.writeFileSync(file, text);
}
