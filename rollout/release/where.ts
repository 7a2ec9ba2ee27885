import * as path from "node:path";
import { shellWord } from "../../components/shellWord";
import { projectHere } from "../project";
import { defaultStack } from "../pulumi";

/** What a command needs to be about a stack and a project that it is not about by itself: ` --stack prod`, or nothing. */
export function whereOf(stack: string, folder: string | undefined): string {
    const isElsewhere = folder !== undefined && folder !== projectHere();
    return `${stack === defaultStack ? "" : ` --stack ${stack}`}${isElsewhere ? ` --cwd ${shellWord(folder)}` : ""}`;
}

/** The same of a command's options; nothing where it is about no stack. */
export function whereAsked({
    stack,
    cwd,
}: {
    readonly stack?: string | undefined;
    readonly cwd?: string | undefined;
}): string {
    return stack === undefined ? "" : whereOf(stack, cwd === undefined ? undefined : path.resolve(cwd));
}

/**
 * A text whose commands of Pulumi are about the same stack and project where they name none: most messages are made where nobody knows
 * whose config it is, and as they stand such commands change the selected stack.
 *
 * @param where see `whereOf`.
 */
export function commandsFor(where: string, text: string): string {
    return where === "" ? text : text.replace(bareCommand, (command) => `${command}${where}`);
}

/** A value as JSON, whose texts are such texts. @param space as of `JSON.stringify` */
export function jsonFor(where: string, value: unknown, space?: number): string {
    const said = (_: string, one: unknown): unknown => (typeof one === "string" ? commandsFor(where, one) : one);
    return JSON.stringify(value, said, space);
}

/** A command up to its verb, of which the rest names no stack and no project: up to where the next begins, or the text ends. */
const bareCommand =
    /\b(?:pulumi (?:config (?:set-all|set|rm)|up|preview|refresh)|npx upshift (?:graph|status|history))\b(?!(?:(?!&&|, or |; or | then |["`\n]).)* --(?:stack|cwd) )/g;
