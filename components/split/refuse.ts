import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../traffic/split/problem";

/** @throws with every problem, each with where it is and what mends it, when there are any. */
export function refuse(problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    throw new pulumi.RunError(describeProblems(problems));
}

/** Problems as lines: each with where it is, and what mends it below. */
export function describeProblems(problems: readonly Problem[]): string {
    return problems
        .map(({ at, message, fix }) => `${at}: ${message}${fix === undefined ? "" : `\n  fix: ${fix}`}`)
        .join("\n");
}
