import * as fs from "node:fs";
import * as path from "node:path";
import { Command } from "commander";
import { asMarkdown } from "../plan/markdown";
import type { Plan } from "../plan/model";
import { planOf } from "../plan/plan";
import { asSvg } from "../plan/svg";
import { asText } from "../plan/text";
import { defaultStack, projectName } from "../pulumi";

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
}

/** `upshift plan`: what `pulumi up` would do to users. */
export function planCommand(): Command {
    return new Command("plan")
        .description(
            "what `pulumi up` would do to users; exit code 0 if it may go ahead, 1 if a guard refuses, 2 if the preview failed",
        )
        .option("--stack <name>", "the stack", defaultStack)
        .option("-C, --cwd <folder>", "a Pulumi project of your own; its state and passphrase stay where you have them")
        .option("--policy-pack <folder>", "a policy pack; may be given several times", collected, [])
        .option("--policy-pack-config <file>", "its config, in the order of the packs", collected, [])
        .option("--json", "print it as JSON")
        .option("--markdown", "print it for a pull request")
        .option("--json-file <file>", "write it as JSON, too")
        .option("--markdown-file <file>", "write it for a pull request, too")
        .option("--svg <file>", "write it as a picture, too")
        .option("--save-plan <file>", "write the update plan that `pulumi up --plan` takes")
        .action(run);
}

async function run(options: PlanOptions): Promise<void> {
    process.stderr.write(`Previewing ${options.stack} …\n`);
    const { stack, savePlan } = options;
    const folder = options.cwd === undefined ? undefined : path.resolve(options.cwd);
    const plan = await planOf(projectName(folder), {
        stack,
        folder,
        policyPacks: options.policyPack.map((folder) => path.resolve(folder)),
        policyPackConfigs: options.policyPackConfig.map((file) => path.resolve(file)),
        savePlan: savePlan && path.resolve(savePlan),
    });
    const json = JSON.stringify(plan, undefined, 2);
    write(options.jsonFile, `${json}\n`);
    write(options.markdownFile, `${asMarkdown(plan)}\n`);
    write(options.svg, `${asSvg(plan)}\n`);
    console.log(options.json ? json : options.markdown ? asMarkdown(plan) : asText(plan));
    process.exitCode = exitCodeOf(plan);
}

/** 0: may go ahead. 1: a guard refuses. 2: not all could be planned. */
export function exitCodeOf({ result }: Pick<Plan, "result">): number {
    return result === "failed" ? 2 : result === "refused" ? 1 : 0;
}

function write(file: string | undefined, text: string): void {
    if (file) fs.writeFileSync(file, text);
}

function collected(value: string, sofar: string[]): string[] {
    return [...sofar, value];
}
