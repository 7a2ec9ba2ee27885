import { CommanderError } from "commander";
import { Refused } from "../cluster/refused";
import { UserError } from "../components/userError";

/** How every command of the CLI ends. Scripts, CI and the action read it. */
export enum ExitCode {
    Well = 0,
    /** It was asked, and the answer is no: a refused step, a share that is off, a failed request. */
    Findings = 1,
    /** It could not be asked or done: a mistyped command or option, bad input, no state, no cluster, an error. */
    NotAsked = 2,
    /** A release stays where it is: nobody is worse off, and somebody has to say how it goes on. */
    Held = 3,
}

/**
 * The exit code of a command that has thrown.
 *
 * @returns `Well` for `--help` and `--version`, which Commander throws, too.
 */
export function exitCodeFor(error: unknown): ExitCode {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.Well : ExitCode.NotAsked;
    return error instanceof Refused ? ExitCode.Findings : ExitCode.NotAsked;
}

/** The same for scripts, which take no text apart; undefined where Commander has told it, or it is help. */
export function errorAsJson(error: unknown): object | undefined {
    if (error instanceof CommanderError) return undefined;
    const { what, where, fix } =
        error instanceof UserError ? error : { what: error instanceof Error ? error.message : String(error) };
    return { error: { what, where, fix } };
}

/** What is to be said of it; Commander has said its own already. */
export function wordsFor(error: unknown): string | undefined {
    if (error instanceof CommanderError) return undefined;
    return `upshift: ${error instanceof Error ? error.message : String(error)}`;
}
