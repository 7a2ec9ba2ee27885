import * as fs from "node:fs";

/** The most that a log file holds before it begins anew; the last full one is kept beside it. */
const maxBytes = 8 * 1024 * 1024;

/** Opens a log file so that it can be cut while a process writes to it. @returns the descriptor */
export function openLog(file: string): number {
    return fs.openSync(file, "a", 0o640);
}

/**
 * Moves what is in a log that has grown too long to `<file>.1`. The process that writes to it keeps its descriptor;
 * what it writes in the moment between copy and cut is lost.
 */
export function boundLog(file: string, limit = maxBytes): void {
    if (!fs.existsSync(file) || fs.statSync(file).size <= limit) return;
    fs.copyFileSync(file, `${file}.1`);
    fs.truncateSync(file);
}

/** The last lines of a log, each cut to a length that can be read. */
export function logEnd(file: string, lines = 15): string {
    if (!fs.existsSync(file)) return "";
    const fd = fs.openSync(file, "r");
    try {
        const { size } = fs.fstatSync(fd);
        const bytes = Buffer.alloc(Math.min(size, 16 * 1024));
        fs.readSync(fd, bytes, 0, bytes.length, size - bytes.length);
        return bytes
            .toString("utf8")
            .trimEnd()
            .split("\n")
            .slice(-lines)
            .map((line) => line.slice(0, 400))
            .join("\n");
    } finally {
        fs.closeSync(fd);
    }
}
