import type { Command } from "commander";
import { about, type AboutFlags, byHandOf, located, packOption, waitOption } from "./about";

/** `upshift goto SERVICE STEP`: the service is at that step of its release. */
export function gotoCommand(): Command {
    return about("goto")
        .argument("<step>", "as the release's steps have it: header, 10")
        .description(
            "take a service to a step of its release by legal steps: down at once, up by every one on the way; no gate looks at these, but that of a release that goes on afterwards; end a driver that runs first",
        )
        .option("--again", "also bring users to a version that was aborted")
        .addOption(waitOption())
        .action(async (service: string, step: string, flags: AboutFlags & { again?: boolean }) => {
            const { goToStep } = await import("../release/verbs/goto");
            process.exitCode = await byHandOf("goto", [service], flags, (at) => goToStep(service, step, at));
        });
}

/** `upshift retry SERVICE`: the driver goes on where a release has ended. */
export function retryCommand(): Command {
    return about("retry")
        .description(
            "go on with a release that ended aborted, held or with a step that failed, from the step where its users are; exit codes as release",
        )
        .addOption(waitOption())
        .addOption(packOption())
        .action(async (service: string, flags: AboutFlags & { policyPack: string[] }) => {
            const { retry } = await import("../release/verbs/retry");
            process.exitCode = await retry(service, located(flags));
        });
}
