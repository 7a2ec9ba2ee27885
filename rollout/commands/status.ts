import Table from "cli-table3";
import { Command } from "commander";
import { describeHeader } from "../../components/traffic/headerMatch";
import { defaultStack } from "../pulumi";
import { stackOutputs } from "../stack";

/** `upshift status`: who is served by what, as applied. */
export function statusCommand(): Command {
    return new Command("status")
        .description("who is served by what, as last applied, and where it answers")
        .option("--stack <name>", "the stack", defaultStack)
        .option("--json", "print it as JSON")
        .action(async (options: { stack: string; json?: boolean }) => {
            const { gatewayUrl, gatewayAddress, weights, canaryHeaders, kubeconfig, context } = await stackOutputs(
                options.stack,
            );
            if (options.json)
                return console.log(
                    JSON.stringify(
                        {
                            stack: options.stack,
                            gatewayUrl,
                            gatewayAddress,
                            weights,
                            canaryHeaders,
                            kubeconfig,
                            context,
                        },
                        undefined,
                        2,
                    ),
                );
            const table = new Table({ head: ["service", "weights", "canary header"], style: { head: [], border: [] } });
            for (const [service, split] of Object.entries(weights)) {
                const shares = Object.entries(split).map(([version, weight]) => `${version} ${weight} %`);
                const canary = canaryHeaders[service];
                table.push([service, shares.join(", "), canary ? describeHeader(canary) : ""]);
            }
            console.log(table.toString());
            console.log(
                `${gatewayUrl} at ${gatewayAddress ?? "an address that the cluster gives"}\nkubectl: export KUBECONFIG=${kubeconfig} (context ${context})`,
            );
        });
}
