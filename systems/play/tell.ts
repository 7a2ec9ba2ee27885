import { edgeOf } from "./edge";
import { loadOn } from "./entrance";
import { Load } from "../../rollout/load/load";
import { measure } from "./measure";
import { pulumiShown } from "../../rollout/pulumi";
import { type StackOutputs, stackOutputs } from "./outputs";
import { removeConfig, setConfig } from "../../rollout/stack";
import { expectedShares, judge, type Verification } from "../../rollout/verify";
import type { Check, Scene, Story, StoryStep } from "./story";

/** Requests a second of the load that goes on through all steps. */
export const loadRate = 120;

/** How a story is told. */
export interface Telling {
    /** Requests measured after a step. Default 2000: enough for 4 sigma at 20 % to be 3.6 points. */
    sample?: number;
    /** Requests a second. Default 120. */
    rate?: number;
    /** Whether standard output is kept for data, see `besideData`. Default false. */
    isBesideData?: boolean;
    /** Called with a step's result as soon as it is measured. */
    onStep?: (result: StepResult) => void;
}

/** What one step did to the users. */
export interface StepResult {
    title: string;
    /** Seconds that `pulumi up` took, preview included. */
    seconds: number;
    /** Requests while the step was applied and measured, and how many of them failed. */
    requests: number;
    failed: number;
    failures: Record<string, number>;
    /** The split after the step, service by service. */
    services: Verification[];
    /** What testers met, where the step is about them. */
    testers: Verification[];
    /** What the document expects beside shares. */
    checks: Check[];
    /** Whether the look at the versions after this step was bad, so that no further step was made. */
    stop?: boolean;
}

/** Writes a step into the stack's config. */
export async function configure(stack: string, { config }: Pick<StoryStep, "config">): Promise<void> {
    const set = Object.entries(config).flatMap(([path, value]) =>
        value === undefined ? [] : [[path, value] as const],
    );
    if (set.length > 0) await setConfig(stack, Object.fromEntries(set));
    for (const [path, value] of Object.entries(config)) if (value === undefined) await removeConfig(stack, path);
}

/** Makes the steps one after the other under a load that never stops. The beginning must be applied. */
export async function tell(stack: string, story: Story, telling: Telling = {}): Promise<StepResult[]> {
    const { rate = loadRate, onStep } = telling;
    const maxRequests = mostRequests(story.steps.length, rate);
    const { options, prefix } = await loadOn(story, await stackOutputs(stack), { rate, maxRequests });
    const load = new Load(options, prefix);
    const results: StepResult[] = [];
    try {
        await load.cut();
        for (const step of story.steps) {
            const result = await makeStep(stack, story, step, load, telling);
            results.push(result);
            onStep?.(result);
            if (result.stop) break;
        }
        await load.stop();
    } finally {
        load.kill();
    }
    return results;
}

/**
 * Bounds the load should everything else hang: half an hour of it a step. A bound for the whole story ended the load of
 * one with nine steps before its last on a busy machine.
 *
 * @param rate requests a second
 */
export function mostRequests(steps: number, rate: number): number {
    return steps * rate * 1800;
}

async function makeStep(
    stack: string,
    story: Story,
    step: StoryStep,
    load: Load,
    { sample = 2000, rate = loadRate, isBesideData }: Telling,
): Promise<StepResult> {
    const began = performance.now();
    const watch = step.watch?.(await sceneOf(story, stack));
    await configure(stack, step);
    await pulumiShown(["up", "--yes", "--diff", "--stack", stack], isBesideData).catch(async (error: unknown) => {
        await watch?.end();
        throw error;
    });
    const watched = (await watch?.end()) ?? [];
    const seconds = (performance.now() - began) / 1000;
    const during = await load.cut();
    const outputs = await stackOutputs(stack);
    const testers = step.testers ? await meet(story, outputs, step.testers) : [];
    const checks = await checked(story, step, stack, outputs);
    console.log(`measuring: ${sample} requests at ${rate} a second`);
    const between = await load.cut();
    const after = await load.cut(sample);
    const services = story.services.map((service) =>
        judge(service, after, expectedShares(outputs.weights[service] ?? {}, outputs.canaryHeaders[service], {})),
    );
    const looked = step.look?.(after) ?? [];
    const all = [during, between, after, ...testers.slice(0, 1)];
    return {
        title: step.title,
        seconds,
        requests: sum(all.map((part) => part.requests)),
        failed: sum(all.map((part) => part.failed)),
        failures: all.map((part) => part.failures).reduce(added, {}),
        services,
        testers,
        checks: [...watched, ...checks, ...looked],
        stop: looked.some((check) => !check.ok),
    };
}

async function sceneOf({ system }: Story, stack: string): Promise<Scene> {
    const outputs = await stackOutputs(stack);
    return { stack, outputs, edge: edgeOf(outputs, system) };
}

/** The expectations of a step. One that can't even be asked has failed. */
export async function checked(
    { system }: Story,
    { title, checks }: StoryStep,
    stack: string,
    outputs: StackOutputs,
): Promise<Check[]> {
    if (!checks) return [];
    try {
        return await checks({ stack, outputs, edge: edgeOf(outputs, system) });
    } catch (error) {
        return [{ name: title, ok: false, detail: (error as Error).message }];
    }
}

/** What testers meet while the load goes on. */
function meet(story: Story, outputs: StackOutputs, headers: Readonly<Record<string, string>>): Promise<Verification[]> {
    return measure(story, outputs, { services: story.services, requests: 200, rate: 40, headers: { ...headers } });
}

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
}

function added(counts: Record<string, number>, more: Record<string, number>): Record<string, number> {
    const keys = Object.keys({ ...counts, ...more });
    return Object.fromEntries(keys.map((key) => [key, (counts[key] ?? 0) + (more[key] ?? 0)]));
}
