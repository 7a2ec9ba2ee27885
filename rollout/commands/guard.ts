import { Command } from "commander";
import { describe, describeFindings } from "../../components/traffic/judge/words";
import { Judged, judgePending } from "../guard/judge";
import { defaultStack } from "../pulumi";

/** `upshift guard`: may the step be made that the stack's config asks for? */
export function guardCommand(): Command {
    return new Command("guard")
        .description(
            "judge the step that the stack's config asks for; exit code 0 when it may go ahead, 1 with findings, 2 when it could not be judged",
        )
        .option("--stack <name>", "the stack", defaultStack)
        .option("--json", "print it as JSON")
        .action(async ({ stack, json }: { stack: string; json?: boolean }) => {
            const judgement = await judgePending(stack).catch((error: Error) => error);
            const judged = !(judgement instanceof Error);
            process.exitCode = !judged ? 2 : judgement.findings.length > 0 ? 1 : 0;
            if (json) {
                const told = judged
                    ? {
                          judged,
                          ...judgement,
                          findings: judgement.findings.map((one) => ({ ...one, message: describe(one) })),
                      }
                    : { judged, error: judgement.message };
                return console.log(JSON.stringify({ stack, ...told }, undefined, 2));
            }
            if (judged) return console.log(inWords(judgement));
            console.error(`upshift: the step can't be judged, and so must not be made: ${judgement.message}`);
        });
}

function inWords({ moves, findings, notes }: Judged): string {
    return [
        ...notes.map((note) => `note: ${note}`),
        ...(moves.length > 0 ? moves : ["nobody moves"]),
        findings.length > 0 ? describeFindings(findings) : "The step may go ahead.",
    ].join("\n");
}
