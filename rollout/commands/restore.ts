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
        .option("--json", "print it as JSON")
        .action(async (service: string, { stack, cwd, breakGlass, json }: RestoreFlags) => {
            const [{ restore }, { byHand }] = await Promise.all([
                import("../drift/restore"),
                import("../release/notify/byHand"),
            ]);
            const folder = otherProject(cwd);
            const words = await byHand("restore", { stack, folder, services: [service] }, () =>
                restore(stack, service, { folder, breakGlass }),
            );
            console.log(json ? JSON.stringify({ stack, service, words }) : words);
        });
}

interface RestoreFlags {
    stack: string;
    cwd?: string;
    breakGlass?: string;
    json?: boolean;
}
