// @ts-check
/**
 * Stack traces that name the lines of a program's sources, and not of what was transpiled from them.
 */
import * as path from "node:path";

/** @typedef {{ prepareStackTrace: (this: void, error: Error, frames: NodeJS.CallSite[]) => unknown }} Traces */

/**
 * Where the lines of a transpiled file come from, of each line as four numbers a piece: its first column, the number of its source, and
 * line and column there, all from 0. A source map says the same; to read one at each start, for the few lines that are asked for, takes
 * four times as long.
 *
 * @typedef {{ readonly sources: readonly string[], readonly lines: readonly (readonly number[])[] }} Places
 */

/** Has the frames that lie in these files tell where in their sources that is. @param {ReadonlyMap<string, () => string>} maps */
export function traceSources(maps) {
    /** @type {Map<string, Places>} */
    const read = new Map();
    /** @param {string} file */
    const mapOf = (file) => {
        const known = read.get(file);
        if (known) return known;
        const made = maps.get(file);
        if (!made) return undefined;
        /** @type {unknown} */
        const places = JSON.parse(made());
        read.set(file, /** @type {Places} */ (places));
        return /** @type {Places} */ (places);
    };
    /** @param {NodeJS.CallSite} frame */
    const words = (frame) => {
        const [file, line, column] = [frame.getFileName(), frame.getLineNumber(), frame.getColumnNumber()];
        const text = plain(frame);
        const map = file ? mapOf(file) : undefined;
        if (!map || !file || line === null || column === null) return text;
        const [source = NaN, sourceLine = 0, sourceColumn = 0] = placeIn(map.lines[line - 1] ?? [], column - 1);
        const name = map.sources[source];
        if (name === undefined) return text;
        const to = `${path.resolve(path.dirname(file), name)}:${sourceLine + 1}:${sourceColumn + 1}`;
        return text.replace(`${file}:${line}:${column}`, to);
    };
    /** @type {Traces["prepareStackTrace"]} */
    const prepare = (error, frames) => [headOf(error), ...frames.map(words)].join("\n    at ");
    /** @type {Traces} */ (Error).prepareStackTrace = prepare;
}

/**
 * The last piece of a line that begins at a column or before it.
 *
 * @param {readonly number[]} line
 * @param {number} column
 */
function placeIn(line, column) {
    let end = 0;
    while (end < line.length && (line[end] ?? 0) <= column) end += 4;
    return end === 0 ? [] : line.slice(end - 3, end);
}

/** A frame as V8 words it. @param {{ toString(): string }} frame which its types leave out */
function plain(frame) {
    return frame.toString();
}

/** An error's first line, as V8 has it: an object without a name or a message has none of them. @param {Error} error */
function headOf(error) {
    try {
        return Error.prototype.toString.call(error);
    } catch {
        return "Error";
    }
}
