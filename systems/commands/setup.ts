import { Command } from "commander";
import { setUp, type SetUpOptions } from "../../cluster/setup/setup";
import { useBuiltKubernetes } from "../../cluster/tools/providers";

/** `upshift setup`: makes the tools and images that are missing. */
export function setupCommand(): Command {
    return new Command("setup")
        .description("builds and fetches the tools and images that are missing; does nothing when all are there")
        .option("--cli-only", "only what runs without the embedded cluster")
        .option("--for-tests", "with what tests alone ask for, as npm test does it")
        .option("--official-kubernetes", "builds Pulumi's own Kubernetes provider too, and uses it from now on")
        .option("--no-official-kubernetes", "uses upshift's own from now on")
        .action(async (options: Pick<SetUpOptions, "cliOnly" | "forTests" | "officialKubernetes">) => {
            process.once("SIGINT", () => process.exit(130));
            process.once("SIGTERM", () => process.exit(143));
            await setUp(options);
            // Once it is there: what is chosen and can't be found would stop every other command.
            if (options.officialKubernetes !== undefined) useBuiltKubernetes(options.officialKubernetes);
        });
}
