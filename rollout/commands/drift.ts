import { Command } from "commander";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";

/** `upshift adopt-drift SERVICE`: the config takes what somebody else has made of a service in the cluster. */
export function adoptDriftCommand(): Command {
    return new Command("adopt-drift")
        .description(
            "write into the stack's config what somebody else has made of a service's weights in the cluster; moves nobody",
        )
        .argument("<service>", "the service, such as review")
        .option("--stack <name>", "the stack", defaultStack)
        .action(async (service: string, { stack }: { stack: string }) => {
            const { adoptDrift } = await import("../demos/adoptDrift");
            console.log(await adoptDrift(stack, service));
        });
}

/** `upshift restore SERVICE`: the cluster gets back what was applied. */
export function restoreCommand(): Command {
    return new Command("restore")
        .description(
            "give a service in the cluster back what was last applied, after somebody else has written over it; judged as any step, and refused as one",
        )
        .argument("<service>", "the service, such as review")
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option(
            "--break-glass <reason>",
            "all at once, however far: no limit holds, and an Event in the cluster says why",
        )
        .action(async (service: string, { stack, cwd, breakGlass }: RestoreFlags) => {
            const { restore } = await import("../drift/restore");
            console.log(await restore(stack, service, { folder: otherProject(cwd), breakGlass }));
        });
}

interface RestoreFlags {
    stack: string;
    cwd?: string;
    breakGlass?: string;
}
