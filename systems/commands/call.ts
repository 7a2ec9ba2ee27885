import { Command } from "commander";
import { call, edgeOf } from "../play/edge";
import { defaultStack } from "../../rollout/pulumi";
import { stackOutputs } from "../play/outputs";
import { storyOf } from "../stories";
import { header } from "../../rollout/commands/values";

/** `upshift call PATH`: one request to a system, with its token and certificate, as a client would send it. */
export function callCommand(): Command {
    return new Command("call")
        .description(
            "send one request through the gateway, with a token where one is asked for, and print the answer; exit code 1 unless it is 2xx",
        )
        .argument("<path>", "the path, such as /product-composite/2")
        .option("--system <name>", "whose host is asked; the stack's first unless given")
        .option("--host <name>", "another host name than the system's own")
        .option("--header <name=value>", "send this header; may be given several times", header, {})
        .option("--stack <name>", "the stack", defaultStack)
        .action(
            async (
                path: string,
                options: { header: Record<string, string>; stack: string; system?: string; host?: string },
            ) => {
                const outputs = await stackOutputs(options.stack);
                const system = options.system ?? Object.keys(outputs.urls)[0] ?? "shop";
                // One that is no system at all is told before what the stack runs.
                const story = storyOf(system);
                const edge = edgeOf(outputs, system, options.host);
                const entry = await story.entry(outputs);
                const { status, body } = await call(edge, path, { headers: { ...entry.headers, ...options.header } });
                console.log(body);
                if (status < 200 || status > 299) {
                    console.error(`HTTP ${status}`);
                    process.exitCode = 1;
                }
            },
        );
}
