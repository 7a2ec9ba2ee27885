import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import type { Problem } from "../../components/traffic/split/problem";

/**
 * All problems of a stack's config as one message: what is wrong, where it stands, the command that fixes it.
 *
 * @param project the config's namespace: `upshift`.
 * @param file the config file's name and text, where there is one; it gives the line numbers.
 */
export function reportProblems(
    project: string,
    problems: readonly Problem[],
    file?: { name: string; text: string },
): string {
    const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
    const each = problems.map((problem) => {
        const line = file && lineOf(file.text, `${project}:${problem.at}`);
        const place = file && (line ? `\n  in ${file.name}, line ${line}` : `\n  in ${file.name}`);
        return `${project}:${problem.at}: ${problem.message}.${place ?? ""}${problem.fix ? `\n  fix: ${problem.fix}` : ""}`;
    });
    return [`${count} in the stack's config; nothing was changed.`, ...each].join("\n");
}

/** The line of a config key such as `upshift:weights.review`, or of the nearest key above it that is there. */
function lineOf(text: string, path: string): number | undefined {
    const counter = new LineCounter();
    let node: unknown = parseDocument(text, { lineCounter: counter }).get("config", true);
    let line: number | undefined;
    for (const part of path.split(".")) {
        if (!isMap(node)) break;
        const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === part);
        if (!pair || !isScalar(pair.key) || !pair.key.range) break;
        line = counter.linePos(pair.key.range[0]).line;
        node = pair.value;
    }
    return line;
}
