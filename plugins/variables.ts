/** Environment variables from the engine's list of `NAME=value`, of which the last of a name holds. */
export function variablesOf(lines: readonly string[]): Record<string, string> {
    return Object.fromEntries(
        lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
    );
}
