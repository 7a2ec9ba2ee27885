import Table from "cli-table3";
import { Command } from "commander";
import { renewalReason } from "../../components/mesh/renewal";
import { describeHeader } from "../../components/traffic/split/headerMatch";
import { applied } from "../applied";
import { atHand } from "../atHand";
import { defaultStack } from "../pulumi";
import { stackOutputs, type StackOutputs } from "../stack";

/** `upshift status`: who is served by what, as applied. */
export function statusCommand(): Command {
    return new Command("status")
        .description(
            "who is served by what, as last applied, and where it answers; exit code 1 if that was on another cluster than this",
        )
        .option("--stack <name>", "the stack", defaultStack)
        .option("--json", "print it as JSON")
        .action(async (options: { stack: string; json?: boolean }) => {
            const [outputs, { cluster }] = await Promise.all([stackOutputs(options.stack), applied(options.stack)]);
            const { urls, gatewayAddress, httpAddress, weights, canaryHeaders, kubeconfig, context } = outputs;
            const { finding, unknown } = await atHand(options.stack, cluster, { kubeconfig, context });
            if (unknown) console.error(`The cluster does not answer (${unknown}): what follows is as last applied.`);
            if (finding) {
                console.error(`${finding.what} What follows was on the first.\n  fix: ${finding.fix}`);
                process.exitCode = 1;
            }
            for (const line of certificateWarnings(outputs)) console.error(line);
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

/** A line for each system whose certificate ends soon, or is for another host. */
export function certificateWarnings({ urls, certificates }: Pick<StackOutputs, "urls" | "certificates">): string[] {
    return Object.entries(certificates).flatMap(([system, certificate]) => {
        const url = urls[system];
        const reason = renewalReason(certificate, url ? [new URL(url).hostname] : []);
        return reason ? [`${system}: its certificate ${reason}.\n  fix: pulumi up`] : [];
    });
}
