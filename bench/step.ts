/**
 * What a step costs, beside an `up` that changes nothing: pairs of runs in turn, so that a machine whose speed drifts
 * changes both. Needs the shop up (`npm start`); leaves the weights as they were.
 *
 *     npm run bench:step [-- pairs]
 */
import { defaultStack, pulumi } from "../rollout/pulumi";
import { stackOutputs } from "../systems/play/outputs";
import { setConfig } from "../rollout/stack";
import { median } from "./results/statistics";
import { seconds } from "./timing";

const up = ["up", "--yes", "--skip-preview", "--stack", defaultStack];

async function main(pairs: number): Promise<void> {
    const { review: before = {} } = (await stackOutputs(defaultStack)).weights;
    await pulumi(up);
    const same: number[] = [];
    const step: number[] = [];
    for (let pair = 0; pair < pairs; pair++) {
        same.push(await seconds(() => pulumi(up)));
        const v2 = pair % 2 === 0 ? 50 : 40;
        await setConfig(defaultStack, { "weights.review.v1": 100 - v2, "weights.review.v2": v2 });
        step.push(await seconds(() => pulumi(up)));
        console.log(
            `pair ${pair + 1}: nothing changed ${same.at(-1)?.toFixed(2)} s, one step ${step.at(-1)?.toFixed(2)} s`,
        );
    }
    await setConfig(
        defaultStack,
        Object.fromEntries(Object.entries(before).map(([version, weight]) => [`weights.review.${version}`, weight])),
    );
    await pulumi(up);
    const ratios = step.map((value, index) => value / (same[index] ?? 1));
    console.log(
        `median: nothing changed ${median(same).toFixed(2)} s, one step ${median(step).toFixed(2)} s, ratio ${median(ratios).toFixed(2)}`,
    );
}

void main(Number(process.argv[2] ?? 5));
