import type { Command } from "commander";
import { type AboutFlags, aboutStack, located } from "./about";

/** `upshift stop-the-line`: no release of the backend takes another step. */
export function stopCommand(): Command {
    return aboutStack("stop-the-line")
        .description(
            "stop every release of the stack's backend: drivers hold before their next step, and release, retry, goto and undo do not begin; rollback and abort always work",
        )
        .option("--reason <text>", "why, for everybody who is held by it")
        .action(async (flags: AboutFlags & { reason?: string }) => {
            const { stopTheLine } = await import("../release/verbs/line");
            console.log(await stopTheLine(located(flags)));
        });
}

/** `upshift go-on`: the line goes on. */
export function goOnCommand(): Command {
    return aboutStack("go-on")
        .description("let the releases of the stack's backend go on that stop-the-line has stopped")
        .action(async (flags: AboutFlags) => {
            const { goOn } = await import("../release/verbs/line");
            console.log(await goOn(located(flags)));
        });
}
