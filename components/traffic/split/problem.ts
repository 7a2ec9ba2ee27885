/** One thing that is wrong with what a user asked for. All problems are collected before any is reported. */
export interface Problem {
    /** What it concerns: a config key without namespace (`weights.review.v2`), an argument, or an object of the cluster. */
    readonly at: string;
    /** What is wrong, with the value found. */
    readonly message: string;
    /** The command that fixes it, where there is one. */
    readonly fix?: string | undefined;
}

/** Problems as lines: each with where it is, and what mends it below. */
export function describeProblems(problems: readonly Problem[]): string {
    return problems
        .map(({ at, message, fix }) => `${at}: ${message}${fix === undefined ? "" : `\n  fix: ${fix}`}`)
        .join("\n");
}
