import { InvalidArgumentError } from "commander";

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

/** An option that may be given several times. */
export function collected(value: string, sofar: string[]): string[] {
    return [...sofar, value];
}
