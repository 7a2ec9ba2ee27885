/**
 * What `upshift plan` costs beside a bare `pulumi preview`: whole commands in turn, so that a machine whose speed drifts
 * changes both. Needs a stack that can be previewed; changes nothing.
 *
 *     npm run bench:plan [-- pairs [stack]]
 */
import { defaultStack } from "../rollout/pulumi";
import { commands } from "./commands";
import { median } from "./results/statistics";

async function main(pairs: number, stack: string): Promise<void> {
    const { pulumi, upshift } = await commands();
    const previewed = () => pulumi("preview", "--json", "--non-interactive", "--stack", stack);
    const planned = () => upshift("plan", "--json", "--stack", stack);
    await previewed();
    await planned();
    const found: { bare: number; plan: number }[] = [];
    for (let pair = 1; pair <= pairs; pair++) {
        // Whichever comes second has warmer caches: each comes second in turn.
        const first = pair % 2 === 0 ? await planned() : await previewed();
        const second = pair % 2 === 0 ? await previewed() : await planned();
        const [bare, plan] = pair % 2 === 0 ? [second, first] : [first, second];
        found.push({ bare, plan });
        console.log(`pair ${pair}: preview ${bare.toFixed(2)} s, plan ${plan.toFixed(2)} s`);
    }
    console.log(
        `median: preview ${median(found.map(({ bare }) => bare)).toFixed(2)} s, plan ${median(found.map(({ plan }) => plan)).toFixed(2)} s, ` +
            `plan adds ${median(found.map(({ bare, plan }) => plan - bare)).toFixed(2)} s`,
    );
}

void main(Number(process.argv[2] ?? 9), process.argv[3] ?? defaultStack);
