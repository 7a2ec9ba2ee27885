import * as fs from "node:fs";
import * as path from "node:path";
import { InvalidArgumentError } from "commander";
import { shellWord } from "../../components/shellWord";
import { UserError } from "../../components/userError";

/** A whole number from 1. */
export function positive(text: string): number {
    const value = Number(text);
    if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError("It must be a whole number from 1.");
    return value;
}

/** `name=value`, added to the headers so far. */
export function header(text: string, sofar: Record<string, string>): Record<string, string> {
    const at = text.search(/[=:]/);
    if (at < 1) throw new InvalidArgumentError("It must be name=value.");
    return { ...sofar, [text.slice(0, at).trim()]: text.slice(at + 1).trim() };
}

/** A file that is to be written: what keeps that from being done is told before what it is to hold takes its time. */
export function outFile(text: string): string {
    const folder = path.dirname(path.resolve(text));
    if (!isFolder(folder))
        throw new UserError({
            what: `There is no folder ${folder} for ${text}.`,
            fix: `mkdir -p ${shellWord(folder)}`,
        });
    if (isFolder(text))
        throw new UserError({ what: `${text} is a folder, and a file is to be written.`, fix: "name a file in it" });
    return text;
}

function isFolder(place: string): boolean {
    return fs.statSync(place, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** An option that may be given several times. */
export function collected(value: string, sofar: string[]): string[] {
    return [...sofar, value];
}
