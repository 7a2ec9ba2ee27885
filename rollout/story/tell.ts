import { measure } from "../measure";
import { shopLoad } from "../edge";
import { Load } from "../load/load";
import { pulumiShown } from "../pulumi";
import { removeConfig, setConfig, StackOutputs, stackOutputs } from "../stack";
import { expectedShares, judge, Verification } from "../verify";
import { StoryStep, testers } from "./steps";

/** Requests a second of the load that goes on through all steps. */
export const loadRate = 120;
/** Requests measured after a step: enough for 4 sigma at 20 % to be 3.6 points. */
const sample = 2000;
/** Bounds the load should everything else hang: half an hour of it. */
const maxRequests = loadRate * 1800;

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
}

/** Writes a step into the stack's config. */
export async function configure(stack: string, step: StoryStep): Promise<void> {
    const weights = Object.entries(step.weights).flatMap(([service, split]) =>
        Object.entries(split).map(([version, weight]) => [`weights.${service}.${version}`, weight] as const),
    );
    const header =
        step.header === "set"
            ? Object.entries(testers).map(([key, value]) => [`canaryHeader.${key}`, value] as const)
            : [];
    const declared = step.blueGreen
        ? Object.keys(step.weights).map((service) => [`blueGreen.${service}`, step.blueGreen as string] as const)
        : [];
    const values = Object.fromEntries([...weights, ...header, ...declared]);
    if (Object.keys(values).length > 0) await setConfig(stack, values);
    if (step.header === "gone") await removeConfig(stack, "canaryHeader");
}

/**
 * Makes the steps one after the other under a load that never stops.
 *
 * @param onStep called with a step's result as soon as it is measured.
 */
export async function tell(
    stack: string,
    steps: readonly StoryStep[],
    onStep: (result: StepResult) => void,
): Promise<StepResult[]> {
    const { options, prefix } = await shopLoad(await stackOutputs(stack), { rate: loadRate, maxRequests });
    const load = new Load(options, prefix);
    const results: StepResult[] = [];
    try {
        await load.cut();
        for (const step of steps) {
            const result = await makeStep(stack, step, load);
            results.push(result);
            onStep(result);
        }
        await load.stop();
    } finally {
        load.kill();
    }
    return results;
}

async function makeStep(stack: string, step: StoryStep, load: Load): Promise<StepResult> {
    const began = performance.now();
    await configure(stack, step);
    await pulumiShown(["up", "--yes", "--diff", "--stack", stack]);
    const seconds = (performance.now() - began) / 1000;
    const during = await load.cut();
    const outputs = await stackOutputs(stack);
    const testersSee =
        step.header === "set"
            ? await Promise.all(Object.keys(outputs.weights).map((service) => asTester(outputs, service)))
            : [];
    console.log(`measuring: ${sample} requests at ${loadRate} a second`);
    const after = await load.cut(sample);
    const others = Object.entries(outputs.weights).map(([service, weights]) =>
        judge(service, after, expectedShares(weights, outputs.canaryHeaders[service], {})),
    );
    const all = [during, after, ...testersSee];
    return {
        title: step.title,
        seconds,
        requests: sum(all.map((part) => part.requests)),
        failed: sum(all.map((part) => part.failed)),
        failures: all.map((part) => part.failures).reduce(added, {}),
        services: others,
        testers: testersSee,
    };
}

/** What a canary tester meets at a service while the load goes on. */
function asTester(outputs: StackOutputs, service: string): Promise<Verification> {
    return measure(outputs, { service, requests: 200, rate: 40, headers: { [testers.name]: testers.exact } });
}

function sum(numbers: readonly number[]): number {
    return numbers.reduce((total, number) => total + number, 0);
}

function added(counts: Record<string, number>, more: Record<string, number>): Record<string, number> {
    const keys = Object.keys({ ...counts, ...more });
    return Object.fromEntries(keys.map((key) => [key, (counts[key] ?? 0) + (more[key] ?? 0)]));
}
