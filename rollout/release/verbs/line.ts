import { applied } from "../../applied";
import { letGoOn, stopLine, stopOf, stopWords } from "../line";
import { who } from "../update";
import { whereOf } from "../where";
import type { About } from "./about";

/**
 * Stops every release of a stack's backend.
 *
 * @returns what was done, in words, or as JSON.
 * @throws where there is no such stack, or the backend can't be written.
 */
export async function stopTheLine({ stack, folder, json, reason = "" }: About & { reason?: string }): Promise<string> {
    // A stack that is not there is told as everywhere.
    await applied(stack, folder);
    await stopLine(stack, who(), reason, folder);
    const stop = await stopOf(folder);
    if (!stop) throw new Error("The backend has not kept the tag that stops the line: releases go on.");
    if (json) return JSON.stringify({ stopped: stop });
    const where = whereOf(stack, folder);
    return `${stopWords(stop)} Drivers hold before their next step; rollback and abort work as ever. To go on: npx upshift go-on${where}`;
}

/** Lets every release of a stack's backend go on. @returns what was done, in words, or as JSON */
export async function goOn({ folder, json }: About): Promise<string> {
    const stacks = await letGoOn(folder);
    if (json) return JSON.stringify({ released: stacks });
    return stacks.length === 0
        ? "Nobody had stopped the line."
        : `The line goes on (it was stopped on ${stacks.join(", ")}).`;
}
