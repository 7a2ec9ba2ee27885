import { Command } from "commander";
import { clusterUp } from "../../cluster/embedded/cluster";
import { defaultName } from "../../cluster/embedded/layout";
import { printProgress } from "./cluster";
import { defaultStack, pulumiShown } from "../pulumi";
import { repair } from "../repair";
import { selectStack } from "../stack";
import { beginning, release } from "../story/steps";
import { allWell, summary } from "../story/table";
import { configure, loadRate, tell } from "../story/tell";

/** `upshift start`: what `npm start` does after set-up. */
export function startCommand(): Command {
    return new Command("start")
        .description("cluster, pulumi up, and a release of the shop under load, step by step, measured")
        .action(start);
}

async function start(): Promise<void> {
    const stack = defaultStack;
    console.log("\n▸ cluster up");
    await clusterUp(defaultName, {}, printProgress);
    console.log("\n▸ pulumi up: Istio and the shop, every user on v1");
    await selectStack(stack);
    const onWait = (pid: number): void => console.log(`  waiting for an update that is under way (process ${pid})`);
    for (const mended of await repair(stack, onWait)) console.log(`  mended: ${mended}`);
    await configure(stack, beginning);
    await pulumiShown(["up", "--yes", "--stack", stack]);
    console.log(`\n▸ a release, step by step, under ${loadRate} requests a second`);
    const results = await tell(stack, release, ({ title, seconds, failed }) =>
        console.log(`  ${title}: ${seconds.toFixed(1)} s, ${failed} failed\n`),
    );
    console.log(`\n${summary(results)}\n\n${howToGoOn(stack)}`);
    process.exitCode = allWell(results) ? 0 : 1;
}

function howToGoOn(stack: string): string {
    return [
        `The stack stays up. In the work tree only Pulumi.${stack}.yaml has changed: the weights and the header of the last step`,
        "(and, after the first run, the salt that Pulumi keeps there for this machine's secrets).",
        "",
        "Go on:",
        "  npx upshift status                    who is served by what",
        '  eval "$(npx upshift env)"             pulumi and kubectl for this shell',
        "  pulumi config set-all --path --plaintext weights.review.v1=80 --plaintext weights.review.v2=20",
        "  pulumi up                             the next step",
        "  npx upshift verify review             measure it",
        "  npx upshift cluster down [--delete]   stop it, or remove it",
    ].join("\n");
}
