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
        .action(async (service: string, { stack }: { stack: string }) => {
            const { adoptDrift } = await import("../pending/adoptDrift");
            console.log(await adoptDrift(stack, service));
        });
}
