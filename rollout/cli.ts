import { exitCodeFor, wordsFor } from "./exitCode";
import { programFor } from "./program";

async function main(): Promise<void> {
    const program = await programFor(process.argv[2]);
    await program.parseAsync();
}

// `upshift status | head` ends the pipe early; that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
});

main().catch((error: unknown) => {
    const words = wordsFor(error);
    if (words !== undefined) console.error(words);
    process.exitCode = exitCodeFor(error);
});
