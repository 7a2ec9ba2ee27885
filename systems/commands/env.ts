import { Command } from "commander";
import { pulumiEnvironment, shellLines } from "../../rollout/env";

/** `upshift env`: the environment in which plain `pulumi` works here. */
export function envCommand(): Command {
    return new Command("env")
        .description('prints the environment for plain `pulumi` and `kubectl` here: eval "$(npx upshift env)"')
        .option("--cluster <name>", "the cluster of this checkout that kubectl is to reach")
        .option("--json", "as JSON; what is to be unset is null")
        .action(async (options: { cluster?: string; json?: boolean }) => {
            const environment = await pulumiEnvironment(options.cluster);
            const asJson = (_: string, value: unknown): unknown => (value === undefined ? null : value);
            process.stdout.write(
                options.json ? `${JSON.stringify(environment, asJson, 4)}\n` : shellLines(environment),
            );
        });
}
