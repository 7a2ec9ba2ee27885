import { Command } from "commander";
import { defaultStack } from "../../rollout/pulumi";

/** `upshift adopt-drift SERVICE`: the config takes what somebody else has made of a service in the cluster. */
export function adoptDriftCommand(): Command {
    return new Command("adopt-drift")
        .description(
            "write into the stack's config what somebody else has made of a service's weights in the cluster; moves nobody",
        )
        .argument("<service>", "the service, such as review")
        .option("--stack <name>", "the stack", defaultStack)
        .option("--json", "print it as JSON")
        .action(async (service: string, { stack, json }: { stack: string; json?: boolean }) => {
            const { adoptDrift } = await import("../pending/adoptDrift");
            const words = await adoptDrift(stack, service);
            console.log(json ? JSON.stringify({ stack, service, words }) : words);
        });
}
