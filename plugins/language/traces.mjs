// @ts-check
/**
 * Stack traces that name the lines of a program's sources, and not of what was transpiled from them.
 */
import { SourceMap } from "node:module";
import * as path from "node:path";

/** @typedef {{ prepareStackTrace: (this: void, error: Error, frames: NodeJS.CallSite[]) => unknown }} Traces */

/**
 * The SDK notes for each promise where it was made, in case one is left over at the end and PULUMI_DEBUG_PROMISE_LEAKS asks for it: half
 * a second of a run would go into looking those lines up, and a tenth into the words alone.
 */
const onlyNotes = /\/@pulumi\/pulumi\/runtime\/debuggable\.js$/;

/** Has the frames that lie in these files tell where in their sources that is. @param {ReadonlyMap<string, () => string>} maps */
export function traceSources(maps) {
    /** @type {Map<string, SourceMap>} */
    const read = new Map();
    /** @param {string} file */
    const mapOf = (file) => {
        const known = read.get(file);
        if (known) return known;
        const made = maps.get(file);
        if (!made) return undefined;
        /** @type {unknown} */
        const payload = JSON.parse(made());
        const map = new SourceMap(/** @type {import("node:module").SourceMapPayload} */ (payload));
        read.set(file, map);
        return map;
    };
    /** @param {NodeJS.CallSite} frame */
    const words = (frame) => {
        const [file, line, column] = [frame.getFileName(), frame.getLineNumber(), frame.getColumnNumber()];
        const text = plain(frame);
        const map = file ? mapOf(file) : undefined;
        if (!map || !file || line === null || column === null) return text;
        const found = map.findEntry(line - 1, column - 1);
        if (!("originalSource" in found)) return text;
        const source = path.resolve(path.dirname(file), found.originalSource);
        const to = `${source}:${found.originalLine + 1}:${found.originalColumn + 1}`;
        return text.replace(`${file}:${line}:${column}`, to);
    };
    /** @type {Traces["prepareStackTrace"]} */
    const prepare = (error, frames) => {
        const isNote = onlyNotes.test(frames[0]?.getFileName() ?? "");
        if (isNote && !process.env.PULUMI_DEBUG_PROMISE_LEAKS) return headOf(error);
        return [headOf(error), ...frames.map(words)].join("\n    at ");
    };
    /** @type {Traces} */ (Error).prepareStackTrace = prepare;
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
