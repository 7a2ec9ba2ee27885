import { Command } from "commander";
import { play } from "../play/play";
import { targetOption } from "./cluster";
import { defaultStack } from "../../rollout/pulumi";
import { shop } from "../shop/story";
import { allWell, summary } from "../play/table";
import { sayStep } from "./demo";

/** `upshift start`: what `npm start` does once the npm packages are there. */
export function startCommand(): Command {
    return new Command("start")
        .description("set-up, cluster, pulumi up, and a release of the shop under load, step by step, measured")
        .addOption(targetOption())
        .action(start);
}

async function start({ target }: { target?: string }): Promise<void> {
    const stack = defaultStack;
    const results = await play(stack, shop, { target, onStep: sayStep });
    console.log(`\n${summary(results)}\n\n${howToGoOn(stack)}`);
    process.exitCode = allWell(results) ? 0 : 1;
}

function howToGoOn(stack: string): string {
    return [
        `The stack stays up. In the work tree only Pulumi.${stack}.yaml has changed: the target, the weights and the header of the`,
        "last step (and, after the first run, the salt that Pulumi keeps there for this machine's secrets).",
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
