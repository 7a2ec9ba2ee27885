import { describeProblems, type Problem } from "../../components/traffic/split/problem";
import type { Converted } from "./adoption";
import { describeSource, type Source } from "./source";

/** An adoption as a person reads it: what it comes to, what is left out, what follows. */
export function inWords(
    source: Source,
    { args, leftOut, notes, imports }: Converted,
    diff: string,
    commands: readonly string[],
    isWritten: boolean,
): string {
    const shares = Object.entries(args.weights).map(([version, weight]) => `${version} ${weight} %`);
    const objects = imports.map(({ kind, namespace, name }) => `${kind} ${namespace}/${name}`);
    return [
        `${describeSource(source)}: ${shares.join(", ")}. Nobody is moved by its adoption: the judge compared every kind of request.`,
        ...(objects.length > 0 ? [`imported as they are: ${objects.join(", ")}`] : []),
        ...leftOut.map(({ at, why }) => `left out: ${at}: ${why}`),
        ...notes.map((note) => `note: ${note}`),
        "",
        diff === "" ? "All of it is there already." : diff,
        "",
        isWritten
            ? "Written. What follows, in this order:"
            : "Nothing was written (--write FOLDER does). What would follow, in this order:",
        ...commands.map((command) => `  ${command}`),
    ].join("\n");
}

/** A refusal with every reason. */
export function refusal(source: Source, problems: readonly Problem[]): string {
    return `upshift: ${describeSource(source)} is not adopted, and nothing was written:\n${describeProblems(problems)}`;
}
