import { Command } from "commander";
import { projectRoot } from "../../cluster/paths";
import { errorAsJson, ExitCode } from "../exitCode";
import type { Judgement } from "../guard/planned";
import type { LoadOwn } from "../ownProject";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import { commandsFor, jsonFor, whereAsked } from "../release/where";

/** `upshift guard`: may the step be made that the stack's config asks for? */
export function guardCommand(own?: LoadOwn): Command {
    return new Command("guard")
        .description(
            "judge the step that the stack's config asks for; exit code 0 when it may go ahead, 1 with findings, 2 when it could not be judged",
        )
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--json", "print it as JSON")
        .action((options: GuardOptions) => run(options, own));
}

interface GuardOptions {
    stack: string;
    cwd?: string;
    json?: boolean;
}

async function run({ stack, cwd, json }: GuardOptions, own: LoadOwn | undefined): Promise<void> {
    const judgement = await judged(stack, cwd, own).catch((error: Error) => error);
    const where = whereAsked({ stack, cwd });
    const said = (text: string): string => commandsFor(where, text);
    const asJson = (value: object): string => jsonFor(where, value, 2);
    if (judgement instanceof Error) {
        process.exitCode = ExitCode.NotAsked;
        if (json) console.log(asJson({ stack, judged: false, ...errorAsJson(judgement) }));
        else console.error(said(`upshift: the step can't be judged, and so must not be made: ${judgement.message}`));
        return;
    }
    process.exitCode = judgement.findings.length > 0 ? ExitCode.Findings : ExitCode.Well;
    console.log(json ? asJson({ stack, judged: true, ...judgement }) : said(inWords(judgement)));
}

/** Of a project whose config says it all that is enough; any other is previewed. */
async function judged(stack: string, cwd: string | undefined, own: LoadOwn | undefined): Promise<Judgement> {
    const folder = otherProject(cwd);
    if (folder === undefined && own) return (await own()).judge(stack);
    process.stderr.write(`Previewing ${stack} …\n`);
    return (await import("../guard/planned")).judgePlanned(stack, folder ?? projectRoot());
}

function inWords({ moves, findings, notes }: Judgement): string {
    return [
        ...notes.map((note) => `note: ${note}`),
        ...(moves.length > 0 ? moves : ["nobody moves"]),
        ...findings.map(({ message, fix }) => (fix === undefined ? message : `${message}\n  fix: ${fix}`)),
        ...(findings.length > 0 ? [] : ["The step may go ahead."]),
    ].join("\n");
}
