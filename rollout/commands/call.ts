import { Command } from "commander";
import { accessToken, call, edgeOf } from "../edge";
import { defaultStack } from "../pulumi";
import { stackOutputs } from "../stack";
import { header } from "./verify";

/** `upshift call PATH`: one request to the shop, with token and certificate, as a client would send it. */
export function callCommand(): Command {
    return new Command("call")
        .description(
            "send one request through the gateway, with a token, and print the answer; exit code 1 unless it is 2xx",
        )
        .argument("<path>", "the path, such as /product-composite/2")
        .option("--header <name=value>", "send this header; may be given several times", header, {})
        .option("--stack <name>", "the stack", defaultStack)
        .action(async (path: string, options: { header: Record<string, string>; stack: string }) => {
            const outputs = await stackOutputs(options.stack);
            const edge = edgeOf(outputs);
            const authorization = `Bearer ${await accessToken(edge, outputs)}`;
            const { status, body } = await call(edge, path, { headers: { authorization, ...options.header } });
            console.log(body);
            if (status < 200 || status > 299) {
                console.error(`HTTP ${status}`);
                process.exitCode = 1;
            }
        });
}
