import { z } from "zod";
import { Refused } from "../../cluster/refused";
import { pulumi } from "../pulumi";
import type { Ending, Stop } from "./hands";

/**
 * The tag that stops every release of a backend. It stands on one stack of it: Pulumi keeps tags in every kind of backend, one of
 * files too, and finds the stacks that have one.
 */
export const lineTag = "upshift:stopped";

/** What is asked whether the line is stopped. */
export interface Line {
    /** @returns who has stopped it; undefined where nobody has. Left out where there is no backend to ask. */
    stopped?(): Promise<Stop | undefined>;
    readonly where: string;
}

const listed = z.array(z.object({ name: z.string() }));

/** As much as every backend keeps in a tag. */
const longestTag = 256;

/**
 * Who has stopped the line of a backend.
 *
 * @param folder of the project, where it is another than this one.
 * @returns undefined where nobody has.
 */
export async function stopOf(folder?: string): Promise<Stop | undefined> {
    const [stack] = await stoppedStacks(folder);
    if (stack === undefined) return undefined;
    const text = await pulumi(["stack", "tag", "get", lineTag, "--stack", stack], folder);
    return { ...stopIn(text), stack };
}

/**
 * Stops the line of the backend that a stack is in: no driver takes its next step, and nothing is begun that raises a version.
 *
 * @param by who it is; @param reason why, in a sentence.
 */
export async function stopLine(stack: string, by: string, reason: string, folder?: string): Promise<void> {
    const words = [new Date().toISOString(), by, reason.replace(/\s+/g, " ").trim()].join(" ").trim();
    await pulumi(["stack", "tag", "set", lineTag, words.slice(0, longestTag), "--stack", stack], folder);
}

/** Lets it go on. @returns the stacks that the word stood on; none where nobody had stopped it */
export async function letGoOn(folder?: string): Promise<string[]> {
    const stacks = await stoppedStacks(folder);
    for (const stack of stacks) await pulumi(["stack", "tag", "rm", lineTag, "--stack", stack], folder);
    return stacks;
}

async function stoppedStacks(folder: string | undefined): Promise<string[]> {
    const found = await pulumi(["stack", "ls", "--all", "--tag", lineTag, "--json"], folder);
    return listed.parse(JSON.parse(found)).map(({ name }) => name);
}

/** What the tag says; whoever wrote it by hand may have left out anything. */
export function stopIn(text: string): Omit<Stop, "stack"> {
    const [, since = "an unknown time", by = "somebody", reason = ""] = /^(\d{4}-\S+) (\S+)(?: (.*))?$/.exec(
        text.trim(),
    ) ?? [undefined, undefined, undefined, text.trim()];
    return { since, by, reason };
}

/** A stop in words: who, since when, why. */
export function stopWords({ since, by, reason, stack }: Stop): string {
    return `The line is stopped since ${since} by ${by}${reason === "" ? "" : `: ${reason}`} (said on stack ${stack}).`;
}

/** @throws where the line is stopped, with who, when and why: no step is to begin but the way back to stable */
export async function refuseWhereStopped(line: Line): Promise<void> {
    const stop = await line.stopped?.();
    if (stop) throw new Refused({ what: stopWords(stop), fix: `npx upshift go-on${line.where}` });
}

/** Seconds between two looks at whether the line goes on. */
const lookSeconds = 5;

/** What a driver waits by. */
interface Waiting extends Line {
    rest(seconds: number): Promise<void>;
    tell(event: { readonly kind: "waits"; readonly step: string; readonly why: string }): void;
}

/**
 * Asks, before a step is taken, whether the line is stopped, and rests a little where it is: then the step before is to be looked at
 * again, so that a version that is worse is given back meanwhile.
 *
 * @param step that would be taken.
 * @param isBegun whether there is a step before it; a release that has not begun ends here.
 * @returns nothing where the step may be taken.
 */
export async function heldByLine(
    hands: Waiting,
    service: string,
    step: string,
    isBegun: boolean,
): Promise<Ending | "lookAgain" | undefined> {
    const stop = await hands.stopped?.();
    if (!stop) return undefined;
    const go = `npx upshift go-on${hands.where}`;
    if (!isBegun)
        return {
            outcome: "held",
            words: `${stopWords(stop)} Nothing of the release was begun.\n  fix: ${go}, then npx upshift release ${service}${hands.where}`,
        };
    hands.tell({ kind: "waits", step, why: `${stopWords(stop)} To go on: ${go}` });
    await hands.rest(lookSeconds);
    return "lookAgain";
}
