import Table from "cli-table3";
import { Command } from "commander";
import { describeHeader } from "../../components/traffic/split/headerMatch";
import { defaultStack } from "../pulumi";
import { stackOutputs } from "../stack";

/** `upshift status`: who is served by what, as applied. */
export function statusCommand(): Command {
    return new Command("status")
        .description("who is served by what, as last applied, and where it answers")
        .option("--stack <name>", "the stack", defaultStack)
        .option("--json", "print it as JSON")
        .action(async (options: { stack: string; json?: boolean }) => {
            const { urls, gatewayAddress, httpAddress, weights, canaryHeaders, kubeconfig, context } =
                await stackOutputs(options.stack);
            if (options.json)
                return console.log(
                    JSON.stringify(
                        {
                            stack: options.stack,
                            urls,
                            gatewayAddress,
                            httpAddress,
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
            for (const [system, url] of Object.entries(urls)) {
                const address = url.startsWith("https:") ? gatewayAddress : httpAddress;
                console.log(`${system}: ${url} at ${address ?? "an address that the cluster gives"}`);
            }
            console.log(`kubectl: export KUBECONFIG=${kubeconfig} (context ${context})`);
        });
}
