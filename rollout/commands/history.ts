import { Command } from "commander";
import { positive } from "./values";
import { projectName } from "../plan/projectName";
import { cwdOption, otherProject } from "../project";
import { defaultStack, pulumi } from "../pulumi";
import { historyIn, historyText, readHistory } from "../release/history";

interface HistoryFlags {
    stack: string;
    cwd?: string;
    last: number;
    json?: boolean;
}

/** `upshift history [SERVICE]`: which update moved whom, from the stack's own history. */
export function historyCommand(): Command {
    return new Command("history")
        .description("which update moved whose users, when, by whose word and from which commit; the newest first")
        .argument("[service]", "only what moved its users")
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--last <n>", "how many updates are looked at", positive, 100)
        .option("--json", "print it as JSON")
        .action(async (service: string | undefined, { stack, cwd, last, json }: HistoryFlags) => {
            const folder = otherProject(cwd);
            const printed = await readHistory((args) => pulumi(args, folder), stack, last);
            const all = historyIn(printed, projectName(folder)).slice(0, last);
            const found = all.filter(
                ({ moves }) => service === undefined || moves.some((one) => one.service === service),
            );
            console.log(json ? JSON.stringify(found, undefined, 2) : historyText(found));
        });
}
