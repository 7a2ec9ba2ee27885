import * as fs from "node:fs";
import * as path from "node:path";
import { isDeepStrictEqual } from "node:util";
import { structuredPatch } from "diff";
import { type Document, isMap, parseDocument } from "yaml";
import { configFile } from "../config/stackFile";
import type { ConfigValues } from "./program";

/** A file as it is to be. */
export interface Written {
    /** Its path in the folder. */
    readonly file: string;
    readonly text: string;
    /** What is there now; undefined for a new file. */
    readonly before?: string | undefined;
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
    const settings = settingsFile(folder, config);
    const problems = [
        ...differing.map(
            ({ file }) =>
                `${path.join(folder, file)}: is there, and says something else; it is not written over.\n` +
                `  fix: take over by hand what the same command prints when it does not write, or move the file away: mv ${path.join(folder, file)} ${path.join(folder, `${file}.old`)}`,
        ),
        ...settings.problems,
    ];
    if (problems.length > 0) throw new Error(`Nothing was written.\n${problems.join("\n")}`);
    return [...whole, settings.written].filter(({ text, before }) => text !== before);
}

/** Writes all of them. */
export function writeFiles(folder: string, files: readonly Written[]): void {
    for (const { file, text } of files) {
        fs.mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
        fs.writeFileSync(path.join(folder, file), text);
    }
}

/** What changes, as lines with a sign; of a file that is there, with the line before and after. */
export function diffText(files: readonly Written[]): string {
    return files
        .map(({ file, text, before }) => {
            const title = `${before === undefined ? "new file" : "changed"}: ${file}`;
            const { hunks } = structuredPatch(file, file, before ?? "", text, "", "", { context: 1 });
            return [
                title,
                ...hunks.flatMap(({ lines }) => lines.filter((line) => !line.startsWith("\\")).map(spaced)),
            ].join("\n");
        })
        .join("\n\n");
}

function spaced(line: string): string {
    return `${line.slice(0, 1)} ${line.slice(1)}`.trimEnd();
}

/** The values that a stack's config file shall have. */
export interface StackConfig {
    readonly project: string;
    readonly stack: string;
    readonly values: ConfigValues;
    /** What names another folder on the command line: `--write FOLDER`. */
    readonly folderOption: string;
}

function settingsFile(folder: string, config: StackConfig): { written: Written; problems: string[] } {
    const file = path.relative(folder, configFile(folder, config.stack));
    const before = textOf(folder, file);
    const document = parseDocument(before ?? "");
    const where = path.join(folder, file);
    const entries = Object.entries(config.values).flatMap(([key, value]) => leaves(key, value, config));
    const problems = entries.flatMap(({ at, value, fix }) => {
        const [first] = at;
        const [whole, found] = [
            ["config", first],
            ["config", ...at],
        ].map((one) => document.getIn(one));
        if (isMap(whole) && whole.has("secure"))
            return [
                `${where}: ${first} is a secret, and a preview can't say who moves.\n  fix: pulumi config rm ${first} --stack ${config.stack}, then set it in plain text`,
            ];
        // A text under the key has no place for one service.
        const there = isMap(found) ? (found.toJSON() as unknown) : (found ?? (isMap(whole) ? undefined : whole));
        if (there === undefined || isDeepStrictEqual(there, value)) return [];
        return [
            `${where}: ${at.join(".")} is ${JSON.stringify(there)} there, and ${JSON.stringify(value)} in the cluster.\n  fix: ${fix}`,
        ];
    });
    for (const { at, value } of problems.length > 0 ? [] : entries) setIn(document, ["config", ...at], value);
    const [, indent = "  "] = /^( +)\S/m.exec(before ?? "") ?? [];
    const text = document.toString({ indent: indent.length, lineWidth: 0 });
    return {
        written: { file, text, before },
        problems: document.errors.length > 0 ? [`${where}: ${document.errors[0]?.message}`] : problems,
    };
}

interface Leaf {
    readonly at: readonly [string, ...string[]];
    readonly value: unknown;
    /** What to do where another value is there. */
    readonly fix: string;
}

/** A value at the path where another one of the same key may stand beside it: `weights.review`. */
function leaves(key: string, value: unknown, { project, stack, folderOption }: StackConfig): Leaf[] {
    const elsewhere = `use a project of its own: ${folderOption}`;
    if (key.includes(":")) return [{ at: [key], value, fix: elsewhere }];
    const full = `${project}:${key}`;
    if (key !== "weights") return [{ at: [full], value, fix: `give both services the same header, or ${elsewhere}` }];
    return Object.entries(value as object).map(([name, weights]) => ({
        at: [full, name],
        value: weights as unknown,
        fix: `pulumi config rm --path weights.${name} --stack ${stack}, if it is of no other program`,
    }));
}

/** Leaves a value that is there as it is written. */
function setIn(document: Document, at: readonly string[], value: unknown): void {
    if (document.getIn(at) === undefined) document.setIn(at, document.createNode(value));
}

/** What is in a file of a folder; undefined where there is none. */
export function textOf(folder: string, file: string): string | undefined {
    const whole = path.join(folder, file);
    return fs.existsSync(whole) ? fs.readFileSync(whole, "utf8") : undefined;
}
