import type { Command } from "commander";
import { type AboutFlags, aboutStack, byHandOf, duration, waitOption } from "./about";
import { positive } from "./values";

interface UndoFlags extends AboutFlags {
    to?: number;
    yes?: boolean;
    again?: boolean;
    bake?: string;
}

/** `upshift undo`: users are where an earlier update of the stack had them. */
export function undoCommand(): Command {
    return aboutStack("undo")
        .description(
            "bring the users of all services, and the canary header, back to where an earlier update of the stack had them, in steps within the limits; says first what it will do; exit code 0 if they are there, 1 if it is refused or not to be, 3 if it was interrupted",
        )
        .option(
            "--to <update>",
            "its number, as upshift history has it; default: the newest at which users were elsewhere",
            positive,
        )
        .option("--yes", "do it without asking")
        .option("--again", "also bring users to a version that was aborted")
        .option(
            "--bake <duration>",
            "how long each step stays before the next; default as the release, or 2m",
            duration,
        )
        .addOption(waitOption())
        .action(async (flags: UndoFlags) => {
            const { undoStack } = await import("../release/verbs/undo");
            process.exitCode = await byHandOf("undo", [], flags, undoStack);
        });
}
