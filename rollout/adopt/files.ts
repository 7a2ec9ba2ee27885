import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type Document, isMap, parseDocument } from "yaml";
import type { ConfigValues } from "./program";

/** A file as it is to be. */
export interface Written {
    /** Its path in the folder. */
    readonly file: string;
    readonly text: string;
    /** What is there now; undefined for a new file. */
    readonly before?: string;
}

/**
 * What is to be written into a folder, looked at before any of it is.
 *
 * @param wanted whole files by their path: one that is there must have just this text.
 * @throws when something that is there says otherwise; nothing is written then.
 */
export function filesFor(folder: string, wanted: Readonly<Record<string, string>>, config: StackConfig): Written[] {
    const whole = Object.entries(wanted).map(([file, text]) => ({ file, text, before: textOf(folder, file) }));
    const differing = whole.filter(({ text, before }) => before !== undefined && before !== text);
    const settings = configFile(folder, config);
    const problems = [
        ...differing.map(
            ({ file }) =>
                `${path.join(folder, file)}: is there, and says something else; it is not written over.\n` +
                `  fix: take over by hand what \`upshift adopt\` prints without --write, or move the file away: mv ${path.join(folder, file)} ${path.join(folder, `${file}.old`)}`,
        ),
        ...settings.problems,
    ];
    if (problems.length > 0) throw new Error(`Nothing was written.\n${problems.join("\n")}`);
    return [...whole, settings.written].filter(({ text, before }) => text !== before);
}

/** Writes all of them. */
export function writeFiles(folder: string, files: readonly Written[]): void {
    fs.mkdirSync(folder, { recursive: true });
    for (const { file, text } of files) fs.writeFileSync(path.join(folder, file), text);
}

/** What changes, as lines with a sign. Lines only come: nothing that was there goes. */
export function diffText(files: readonly Written[]): string {
    return files
        .map(({ file, text, before }) =>
            [`${before === undefined ? "new file" : "changed"}: ${file}`, ...added(before ?? "", text)].join("\n"),
        )
        .join("\n\n");
}

/** The values that a stack's config file shall have. */
export interface StackConfig {
    readonly project: string;
    readonly stack: string;
    readonly values: ConfigValues;
}

function configFile(folder: string, { project, stack, values }: StackConfig): { written: Written; problems: string[] } {
    const file = `Pulumi.${stack}.yaml`;
    const before = textOf(folder, file);
    const document = parseDocument(before ?? "");
    const where = path.join(folder, file);
    const entries = Object.entries(values).flatMap(([key, value]) => leaves(key, value, project));
    const problems = entries.flatMap(({ at, value, command }) => {
        const found = document.getIn(at.length > 1 ? ["config", ...at] : ["config", at[0]], false) as unknown;
        const there = isMap(found) ? (found.toJSON() as unknown) : found;
        if (there === undefined || isDeepStrictEqual(there, value)) return [];
        return [
            `${where}: ${at.join(".")} is ${JSON.stringify(there)} there, and ${JSON.stringify(value)} in the cluster.\n  fix: ${command} --stack ${stack}`,
        ];
    });
    for (const { at, value } of problems.length > 0 ? [] : entries) setIn(document, ["config", ...at], value);
    const text = document.toString({ indent: 4 });
    return {
        written: { file, text, before },
        problems: document.errors.length > 0 ? [`${where}: ${document.errors[0]?.message}`] : problems,
    };
}

/** A value at the path where another one of the same key may stand beside it: `weights.review`. */
function leaves(key: string, value: unknown, project: string): { at: string[]; value: unknown; command: string }[] {
    const full = key.includes(":") ? key : `${project}:${key}`;
    if (key !== "weights") return [{ at: [full], value, command: `pulumi config rm ${key}` }];
    return Object.entries(value as object).map(([name, weights]) => ({
        at: [full, name],
        value: weights as unknown,
        command: `pulumi config rm --path weights.${name}`,
    }));
}

/** Leaves a value that is there as it is written. */
function setIn(document: Document, at: readonly string[], value: unknown): void {
    if (document.getIn(at) === undefined) document.setIn(at, document.createNode(value));
}

function textOf(folder: string, file: string): string | undefined {
    const whole = path.join(folder, file);
    return fs.existsSync(whole) ? fs.readFileSync(whole, "utf8") : undefined;
}

function added(before: string, after: string): string[] {
    const old = before.split("\n");
    return after
        .replace(/\n$/, "")
        .split("\n")
        .flatMap((line) => {
            if (before !== "" && old[0] === line) {
                old.shift();
                return [];
            }
            return [`+ ${line}`];
        });
}
