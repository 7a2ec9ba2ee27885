import * as pulumi from "@pulumi/pulumi";
import { describeProblems, type Problem } from "../traffic/split/problem";

/** @throws with every problem, each with where it is and what mends it, when there are any. */
export function refuse(problems: readonly Problem[]): void {
    if (problems.length === 0) return;
    throw new pulumi.RunError(describeProblems(problems));
}
