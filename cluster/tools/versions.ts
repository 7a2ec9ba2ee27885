import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { cacheDir } from "../paths";
import { readJson, writeWhole } from "../wholeFile.mjs";
import type { Fit } from "./manifest";

/** Whether a program's version lies in the range. A program that doesn't say its version doesn't fit. */
export function fits(file: string, fit: Fit): boolean {
    const version = versionOf(file, fit.args);
    return version !== undefined && inRange(version, fit);
}

/** `from` ≤ version < `below`; parts that a bound leaves out count as 0. */
export function inRange(version: string, range: Pick<Fit, "from" | "below">): boolean {
    return compareVersions(version, range.from) >= 0 && compareVersions(version, range.below) < 0;
}

/** Negative, 0 or positive, as a comparison for sort; numbers separated by dots, what is missing counts as 0. */
export function compareVersions(a: string, b: string): number {
    const [left, right] = [a, b].map((text) => text.split(".").map(Number)) as [number[], number[]];
    for (let i = 0; i < Math.max(left.length, right.length); i++) {
        const difference = (left[i] ?? 0) - (right[i] ?? 0);
        if (difference !== 0) return difference;
    }
    return 0;
}

/**
 * Asks a program for its version and remembers the answer beside the cached tools: asking Pulumi takes 0.16 s and
 * would have to be paid by every command. The key holds size and time, so that an upgrade is seen. A script or a link starts
 * another version tomorrow: what it says counts for this process alone. That a program says none is not kept at all.
 */
function versionOf(file: string, args: string[]): string | undefined {
    const { size, mtimeMs } = fs.statSync(file);
    const key = [file, size, mtimeMs, ...args].join(" ");
    const speaksForItself = isProgramItself(file);
    const known = speaksForItself ? remembered() : saidByOthers;
    const before = known[key];
    if (before) return before;
    const version = ask(file, args);
    if (version === undefined) return undefined;
    known[key] = version;
    if (speaksForItself) remember(known);
    return version;
}

function ask(file: string, args: string[]): string | undefined {
    const { status, stdout } = spawnSync(file, args, { encoding: "utf8", timeout: 10_000 });
    return status === 0 ? /(\d+\.\d+\.\d+)/.exec(stdout)?.[1] : undefined;
}

/** Whether a file is the program that it is called, and not a script or a link (as of mise and asdf) that starts one of several versions. */
function isProgramItself(file: string): boolean {
    return path.basename(fs.realpathSync(file)) === path.basename(file) && beginOf(file)?.equals(scripts) === false;
}

/** How scripts begin. */
const scripts = Buffer.from("#!");

/** The first two bytes; undefined of a file that may be run and not read. */
function beginOf(file: string): Buffer | undefined {
    let descriptor: number | undefined;
    try {
        descriptor = fs.openSync(file, "r");
        const begin = Buffer.alloc(scripts.length);
        fs.readSync(descriptor, begin);
        return begin;
    } catch {
        return undefined;
    } finally {
        if (descriptor !== undefined) fs.closeSync(descriptor);
    }
}

/** What scripts and links have said to this process. */
const saidByOthers: Record<string, string | null> = {};

const memory = (): string => cacheDir("tools", "versions.json");

/** Null stands in files of earlier releases, where a program had said none. */
function remembered(): Record<string, string | null> {
    return readJson<Record<string, string | null>>(memory()) ?? {};
}

function remember(known: Record<string, string | null>): void {
    writeWhole(memory(), JSON.stringify(known, null, 4), { readableBy: "all" });
}
