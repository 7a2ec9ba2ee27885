import { Command } from "commander";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";

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
            const [{ restore }, { byHand }] = await Promise.all([
                import("../drift/restore"),
                import("../release/notify/byHand"),
            ]);
            const folder = otherProject(cwd);
            console.log(
                await byHand("restore", { stack, folder, services: [service] }, () =>
                    restore(stack, service, { folder, breakGlass }),
                ),
            );
        });
}

interface RestoreFlags {
    stack: string;
    cwd?: string;
    breakGlass?: string;
}
