/**
 * What `upshift guard` takes, and of it what Pulumi's own CLI does: reading the state. Whole commands in turn, so that a machine
 * whose speed drifts changes both. Needs a stack that is up; changes nothing.
 *
 *     npm run bench:guard [-- pairs [stack]]
 */
import { defaultStack } from "../rollout/pulumi";
import { commands } from "./commands";
import { median } from "./results/statistics";

async function main(pairs: number, stack: string): Promise<void> {
    const { pulumi, upshift } = await commands();
    const exported = () => pulumi("stack", "export", "--stack", stack);
    const judged = () => upshift("guard", "--json", "--stack", stack);
    await exported();
    await judged();
    const found: { state: number; guard: number }[] = [];
    for (let pair = 1; pair <= pairs; pair++) {
        const state = await exported();
        const guard = await judged();
        found.push({ state, guard });
        console.log(`pair ${pair}: stack export ${state.toFixed(2)} s, guard ${guard.toFixed(2)} s`);
    }
    const middle = (of: (one: { state: number; guard: number }) => number): string => median(found.map(of)).toFixed(2);
    console.log(
        `median: stack export ${middle(({ state }) => state)} s, guard ${middle(({ guard }) => guard)} s, ` +
            `of which guard itself ${middle(({ state, guard }) => guard - state)} s`,
    );
}

const [pairs = "9", stack = defaultStack] = process.argv.slice(2);
void main(Number(pairs), stack);
