import { Argument, Command } from "commander";
import { besideData } from "../play/besideData";
import { play } from "../play/play";
import { defaultStack } from "../../rollout/pulumi";
import { targetOption } from "./cluster";
import { stories, storyOf } from "../stories";
import { allWell, summary } from "../play/table";
import type { StepResult } from "../play/tell";

/** `upshift demo SYSTEM`: plays the release that the system's document tells. */
export function demoCommand(): Command {
    return new Command("demo")
        .description(
            "play a seed document's release: cluster, pulumi up, each step under load, measured; exit code 1 if a request fails or a share is off",
        )
        .addArgument(new Argument("<system>", "whose story").choices(stories.map((story) => story.system)))
        .option("--stack <name>", "the stack, whose config it writes", defaultStack)
        .addOption(targetOption())
        .option("--json", "print the results as JSON")
        .action(async (system: string, { stack, target, json }: { stack: string; target?: string; json?: boolean }) => {
            const played = (isBesideData: boolean): Promise<StepResult[]> =>
                play(stack, storyOf(system), { target, isBesideData, onStep: sayStep });
            const results = json ? await besideData(() => played(true)) : await played(false);
            console.log(json ? JSON.stringify(results, undefined, 2) : `\n${summary(results)}`);
            process.exitCode = allWell(results) ? 0 : 1;
        });
}

/** A step in one line, as it happens. */
export function sayStep({ title, seconds, failed }: StepResult): void {
    console.log(`  ${title}: ${seconds.toFixed(1)} s, ${failed} failed\n`);
}
