import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../traffic/split/problem";

/** @throws with every problem, each with where it is and what mends it, when there are any. */
export function refuse(problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    throw new pulumi.RunError(problems.map(describeProblem).join("\n"));
}

function describeProblem({ at, message, fix }: Problem): string {
    return `${at}: ${message}${fix === undefined ? "" : `\n  fix: ${fix}`}`;
}
