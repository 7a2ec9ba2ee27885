import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
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
 * would have to be paid by every command. The key holds size and time, so that an upgrade is seen.
 */
function versionOf(file: string, args: string[]): string | undefined {
    const { size, mtimeMs } = fs.statSync(file);
    const key = [file, size, mtimeMs, ...args].join(" ");
    const known = remembered();
    if (!(key in known)) {
        const answer = spawnSync(file, args, { encoding: "utf8", timeout: 10_000 });
        // Null where the program can't be started, which Node's types leave out.
        const stdout = answer.stdout as string | null;
        known[key] = /(\d+\.\d+\.\d+)/.exec(stdout ?? "")?.[1] ?? null;
        remember(known);
    }
    return known[key] ?? undefined;
}

const memory = (): string => cacheDir("tools", "versions.json");

function remembered(): Record<string, string | null> {
    return readJson<Record<string, string | null>>(memory()) ?? {};
}

function remember(known: Record<string, string | null>): void {
    writeWhole(memory(), JSON.stringify(known, null, 4), { readableBy: "all" });
}
