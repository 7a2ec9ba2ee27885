import * as fs from "node:fs";

/** The most that a log file holds before it is cut, and how much of its end stays. */
const limits = { cutAt: 8 * 1024 * 1024, keep: 1024 * 1024 };

/** Opens a log file so that it can be cut while a process writes to it. @returns the descriptor */
export function openLog(file: string): number {
    return fs.openSync(file, "a", 0o640);
}

/**
 * Cuts a log that has grown too long to its last lines. Nothing is copied to another file: on a full disk, where logs grow
 * fastest, there would be no room for it. The process that writes to it keeps its descriptor; what it writes in the moment
 * of the cut is lost.
 */
export function boundLog(file: string, { cutAt, keep } = limits): void {
    if (!fs.existsSync(file) || fs.statSync(file).size <= cutAt) return;
    const end = lastBytes(file, keep);
    const firstWhole = end.indexOf("\n") + 1;
    fs.truncateSync(file);
    fs.appendFileSync(file, end.subarray(firstWhole));
}

/** The last lines of a log, each cut to a length that can be read. */
export function logEnd(file: string, lines = 15): string {
    if (!fs.existsSync(file)) return "";
    return lastBytes(file, 16 * 1024)
        .toString("utf8")
        .trimEnd()
        .split("\n")
        .slice(-lines)
        .map((line) => line.slice(0, 400))
        .join("\n");
}

function lastBytes(file: string, count: number): Buffer {
    const fd = fs.openSync(file, "r");
    try {
        const { size } = fs.fstatSync(fd);
        const bytes = Buffer.alloc(Math.min(size, count));
        const read = fs.readSync(fd, bytes, 0, bytes.length, size - bytes.length);
        return bytes.subarray(0, read);
    } finally {
        fs.closeSync(fd);
    }
}
