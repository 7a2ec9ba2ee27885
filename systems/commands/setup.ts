import { Command } from "commander";
import { setUp } from "../../cluster/setup/setup";

/** `upshift setup`: makes the tools and images that are missing. */
export function setupCommand(): Command {
    return new Command("setup")
        .description("builds and fetches the tools and images that are missing; does nothing when all are there")
        .option("--cli-only", "only what runs without the embedded cluster")
        .option("--for-tests", "with what tests alone ask for, as npm test does it")
        .action(async (options: { cliOnly?: boolean; forTests?: boolean }) => {
            process.once("SIGINT", () => process.exit(130));
            process.once("SIGTERM", () => process.exit(143));
            await setUp(options);
        });
}
