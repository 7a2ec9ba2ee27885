import { ExitCode } from "../exitCode";
import type { Hands, Outcome } from "./hands";

/** How a command ends that drives a release, or does something to it. */
export const exitCodes: Readonly<Record<Outcome, ExitCode>> = {
    done: ExitCode.Well,
    rolledBack: ExitCode.Findings,
    aborted: ExitCode.Findings,
    held: ExitCode.Held,
};

/** Tells how it has ended. @returns the exit code */
export function ended(hands: Pick<Hands, "tell">, outcome: Outcome, words: string): ExitCode {
    hands.tell({ kind: "ends", outcome, words });
    return exitCodes[outcome];
}
