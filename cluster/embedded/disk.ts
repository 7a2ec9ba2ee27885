import * as fs from "node:fs";

/** Free bytes below which programs begin to fail when they write. */
export const fullBelow = 16 * 1024 ** 2;

/** What is free on the disk that holds a folder, in bytes. */
export function freeBytes(folder: string): number {
    const { bavail, bsize } = fs.statfsSync(folder);
    return bavail * bsize;
}
