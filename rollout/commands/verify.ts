import Table from "cli-table3";
import { Command } from "commander";
import { measure } from "../measure";
import { defaultStack } from "../pulumi";
import { stackOutputs, type StackOutputs } from "../stack";
import { storyWith } from "../stories";
import { Verification } from "../verify";
import { header, positive } from "./values";

/** `upshift verify SERVICE`: measures a service's split with real requests. */
export function verifyCommand(): Command {
    return new Command("verify")
        .description(
            "send real requests and compare each version's share with the configured one; exit code 1 if it is off or a request fails",
        )
        .argument("<service>", "the service whose versions are counted, such as review")
        .option("--requests <n>", "how many requests", positive, 2000)
        .option("--rate <n>", "requests a second", positive, 200)
        .option("--header <name=value>", "send this header; may be given several times", header, {})
        .option("--stack <name>", "the stack", defaultStack)
        .option("--json", "print the result as JSON")
        .action(
            async (
                service: string,
                options: {
                    requests: number;
                    rate: number;
                    header: Record<string, string>;
                    stack: string;
                    json?: boolean;
                },
            ) => {
                if (!options.json)
                    process.stderr.write(
                        `${options.requests} requests at ${options.rate} a second: about ${Math.ceil(options.requests / options.rate)} s\n`,
                    );
                const story = storyWith(service);
                const outputs = await stackOutputs(options.stack);
                const [result] = await measure(story, outputs, {
                    services: [service],
                    requests: options.requests,
                    rate: options.rate,
                    headers: options.header,
                });
                if (!result) throw new Error(`Nothing was measured of ${service}.`);
                console.log(options.json ? JSON.stringify(result, undefined, 2) : inWords(result));
                if (result.failed === result.requests)
                    console.error(`upshift: nothing was answered. ${await why(outputs)}`);
                process.exitCode = result.ok ? 0 : 1;
            },
        );
}

async function why(outputs: StackOutputs): Promise<string> {
    const { whyNoGateway } = await import("../whyNoGateway");
    return whyNoGateway(outputs);
}

/** The result for people. */
function inWords({ service, requests, failed, failures, shares, latency, ok }: Verification): string {
    const table = new Table({
        head: [service, "configured", "measured", "allowed", "requests"],
        style: { head: [], border: [] },
    });
    for (const { version, expected, measured, tolerance, count, within } of shares) {
        table.push([
            version,
            `${expected} %`,
            `${measured.toFixed(1)} %${within ? "" : "  off"}`,
            `± ${tolerance.toFixed(1)}`,
            count,
        ]);
    }
    const failedBecause = Object.entries(failures).map(([reason, count]) => `  ${count} × ${reason}`);
    return [
        table.toString(),
        `${requests} requests, ${failed} failed, p50 ${latency.p50.toFixed(1)} ms, p99 ${latency.p99.toFixed(1)} ms`,
        ...failedBecause,
        ok
            ? "The measured split is the configured one."
            : "The measured split is NOT the configured one, or requests failed.",
    ].join("\n");
}
