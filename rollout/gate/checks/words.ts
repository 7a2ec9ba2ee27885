import { stripVTControlCharacters } from "node:util";

/** What somebody else's program says, as evidence: its last lines, without what a terminal would take for a command. */
export function lastLines(text: string, count = 5, width = 200): string {
    return stripVTControlCharacters(text)
        .split(/\r?\n/)
        .map((line) => line.replace(/\p{Cc}/gu, " ").trim())
        .filter(Boolean)
        .slice(-count)
        .map((line) => (line.length > width ? `${line.slice(0, width)}…` : line))
        .join("\n");
}

/** The same in one line. */
export function oneLine(text: string, width = 300): string {
    const line = stripVTControlCharacters(text)
        .replace(/[\p{Cc}\s]+/gu, " ")
        .trim();
    return line.length > width ? `${line.slice(0, width)}…` : line;
}

/** An address without what may be secret in it: the path of a webhook often is, and names and passwords are. */
export function withoutSecrets(url: string): string {
    const { origin, pathname, search } = new URL(url);
    return `${origin}${pathname === "/" && search === "" ? "" : "/…"}`;
}
