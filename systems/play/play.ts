import { begin } from "../checkout/begin";
import { meanwhile } from "./meanwhile";
import { printProgress } from "../commands/cluster";
import { pulumiShown } from "../../rollout/pulumi";
import { repair } from "../../rollout/repair";
import { pendingConfig } from "../../rollout/guard/state";
import { stackOutputs } from "./outputs";
import { removeConfig, setConfig } from "../../rollout/stack";
import type { Story } from "./story";
import type { TargetOptions } from "../checkout/target";
import { checked, configure, loadRate, type StepResult, tell, type Telling } from "./tell";

/**
 * Plays a system's story: cluster, `pulumi up`, and each step under load, measured.
 *
 * @param stack whose config is written; it goes on from whatever state it is in.
 * @param telling how it is told, and what the user says of where.
 * @returns the beginning, where the document expects something of it, and every step.
 */
export async function play(stack: string, story: Story, telling: Telling & TargetOptions = {}): Promise<StepResult[]> {
    const rate = telling.rate ?? loadRate;
    const options = { ...telling, database: story.database, meanwhile: meanwhile(story, rate) };
    await begin(stack, options, printProgress);
    console.log(`\n▸ pulumi up: Istio and the system ${story.system}, ${story.beginning.title}`);
    const onWait = (pid: number): void => console.log(`  waiting for an update that is under way (process ${pid})`);
    for (const fixed of await repair(stack, onWait)) console.log(`  fixed: ${fixed}`);
    const { "upshift:system": last } = await pendingConfig(stack);
    // The demo before on this stack has users, and goes on purpose: the program takes no system away otherwise.
    const isReplaced = last !== undefined && last !== story.system;
    await setConfig(stack, { system: story.system, ...(isReplaced && { remove: last }) });
    await configure(stack, story.beginning);
    await pulumiShown(["up", "--yes", "--stack", stack], telling.isBesideData);
    if (isReplaced) await removeConfig(stack, "remove");
    const checks = await checked(story, story.beginning, stack, await stackOutputs(stack));
    console.log(`\n▸ a release, step by step, under ${rate} requests a second`);
    const results = await tell(stack, story, telling);
    return checks.length > 0 ? [beginningOf(story, checks), ...results] : results;
}

/** The beginning is no step under load: it has checks alone. */
function beginningOf(story: Story, checks: StepResult["checks"]): StepResult {
    const nothing = { seconds: 0, requests: 0, failed: 0, failures: {}, services: [], testers: [] };
    return { title: story.beginning.title, ...nothing, checks };
}
