import { errorAsJson, exitCodeFor, wordsFor } from "./exitCode";
import { type OwnCli, programFor } from "./program";

/**
 * Runs the CLI with this process's arguments, and ends with a code that scripts can trust.
 *
 * @param own what it has beside the commands for anybody's project.
 */
export async function runCli(own?: OwnCli): Promise<void> {
    // `upshift status | head` ends the pipe early; that is no error.
    process.stdout.on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EPIPE") process.exit(0);
        throw error;
    });
    let options: { stack?: string; cwd?: string } = {};
    try {
        const program = await programFor(process.argv[2], own);
        program.hook("preAction", (_, called) => void (options = called.opts()));
        await program.parseAsync();
    } catch (error) {
        // Loaded where something went wrong: no command waits for it.
        const { commandsFor, jsonFor, whereAsked } = await import("./release/where");
        const where = orNothing(() => whereAsked(options));
        const words = wordsFor(error);
        if (words !== undefined) console.error(commandsFor(where, words));
        const told = process.argv.includes("--json") ? errorAsJson(error) : undefined;
        if (told !== undefined) console.log(jsonFor(where, told, 2));
        process.exitCode = exitCodeFor(error);
    }
}

/** Whatever goes wrong in telling of an error must not take its place. */
function orNothing(told: () => string): string {
    try {
        return told();
    } catch {
        return "";
    }
}
