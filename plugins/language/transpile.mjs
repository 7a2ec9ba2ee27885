// @ts-check
/**
 * Transpiles a program's own files together, once: what was made of them is taken again as long as nothing has changed that could lead
 * to anything else.
 */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as path from "node:path";
import { fileURLToPath } from "node:url";
import { readKept, writeKept } from "../../cluster/wholeFile.mjs";
import { inOne } from "./inOne.mjs";

/** The file that stands for what is asked for of such a package. */
const alias = Object.fromEntries(
    Object.entries(inOne).flatMap(([name, asked]) => {
        const file = fileURLToPath(new URL(`../../.upshift/dist/${name}`, import.meta.url));
        return asked.map((one) => [one, file]);
    }),
);

/** What makes it, and would make something else in another version. */
const makers = [
    fileURLToPath(import.meta.url),
    fileURLToPath(new URL("inOne.mjs", import.meta.url)),
    createRequire(import.meta.url).resolve("esbuild/package.json"),
];
/** Settings that esbuild goes by. */
const manifests = ["package.json", "tsconfig.json"];

/** @typedef {{ readonly code: string, map(): string }} Transpiled what was made, and where its lines come from, as `Places` in JSON */
/**
 * What was seen when it was made: by the path of each file the digest of its text, or nothing where there was none; and by the path of
 * each folder that of the names in it, since a new file may be what an import means from then on.
 *
 * @typedef {{ readonly files: Record<string, string>, readonly folders: Record<string, string> }} Seen
 */

/**
 * @param {string} entry the program's first file, absolute.
 * @param {string} folder where it is kept.
 * @returns {Transpiled}
 * @throws with esbuild's own words where a file can't be read or parsed.
 */
export function transpiled(entry, folder) {
    const file = path.join(folder, digestOf(entry).slice(0, 16));
    const kept = read(file);
    if (kept && isAsSeen(kept)) return { code: kept.code, map: () => fs.readFileSync(`${file}.map`, "utf8") };
    const { code, map, inputs } = transpile(entry);
    const now = seen(inputs);
    // The map first: whoever finds the code finds it, too.
    if (now && writeKept(`${file}.map`, map)) writeKept(file, JSON.stringify({ ...now, code }));
    return { code, map: () => map };
}

/** @param {string} entry */
function transpile(entry) {
    // Loaded here: a program that was transpiled before does without.
    /** @type {unknown} */
    const esbuild = createRequire(import.meta.url)("esbuild");
    const { outputFiles, metafile } = /** @type {typeof import("esbuild")} */ (esbuild).buildSync({
        entryPoints: [entry],
        outfile: `${entry}.js`,
        bundle: true,
        packages: "external",
        ...(Object.values(alias).every((file) => fs.existsSync(file)) && { alias, external: Object.values(alias) }),
        platform: "node",
        format: "cjs",
        target: "node20",
        keepNames: true,
        // What is loaded late is loaded by `require`, too: a program that imports can't be kept compiled (compileCache.ts).
        supported: { "dynamic-import": false },
        sourcemap: "external",
        sourcesContent: false,
        write: false,
        metafile: true,
        logLevel: "silent",
    });
    const textOf = (/** @type {boolean} */ isMap) =>
        outputFiles.find((one) => one.path.endsWith(".map") === isMap)?.text ?? "";
    return {
        code: textOf(false),
        map: placesIn(textOf(true)),
        inputs: Object.entries(metafile.inputs).map(([one, { imports }]) => ({
            source: path.resolve(one),
            imports: imports.flatMap(({ original = "" }) => (original.startsWith(".") ? [original] : [])),
        })),
    };
}

/** `Places` of traces.mjs, as JSON. @param {string} map a source map */
function placesIn(map) {
    /** @type {unknown} */
    const codec = createRequire(import.meta.url)("@jridgewell/sourcemap-codec");
    /** @type {unknown} */
    const read = JSON.parse(map);
    const { sources, mappings } = /** @type {{ sources: string[], mappings: string }} */ (read);
    const lines = /** @type {typeof import("@jridgewell/sourcemap-codec")} */ (codec)
        .decode(mappings)
        .map((line) => line.flatMap(([from, ...place]) => (place.length === 0 ? [] : [from, ...place.slice(0, 3)])));
    return JSON.stringify({ sources, lines });
}

/**
 * @param {readonly { readonly source: string, readonly imports: readonly string[] }[]} inputs
 * @returns {Seen | undefined} undefined where what it depends on can't be told
 */
function seen(inputs) {
    const sources = inputs.map(({ source }) => source);
    const own = [...new Set(sources.map((one) => path.dirname(one)))];
    // esbuild says by which sources it went, and not by which settings: those of each folder and of all above.
    const settings = [...new Set(own.flatMap(withParents))].flatMap((one) =>
        manifests.map((name) => path.join(one, name)),
    );
    const files = new Map([...sources, ...makers].map((one) => [one, textOf(one)]));
    for (const one of settings) {
        const text = textOf(one);
        files.set(one, text);
        const [, base] = one.endsWith("package.json") ? [] : (/"extends"\s*:\s*(.*)/.exec(text) ?? []);
        const [, name] = /^"(\.[^"]*\.json)"/.exec(base ?? "") ?? [];
        if (name !== undefined) settings.push(path.resolve(path.dirname(one), name));
        // A package's, or a list of them.
        else if (base !== undefined) return undefined;
    }
    // `./name` may be a file there, or a folder.
    const asked = inputs.flatMap(({ source, imports }) =>
        imports.map((name) => path.dirname(path.resolve(path.dirname(source), name))),
    );
    const folders = new Set([...own, ...asked]);
    return {
        files: Object.fromEntries([...files].map(([one, text]) => [one, digestOf(text)])),
        folders: Object.fromEntries([...folders].map((one) => [one, namesIn(one)])),
    };
}

/** @param {string} folder @returns {string[]} */
function withParents(folder) {
    const parent = path.dirname(folder);
    return parent === folder ? [folder] : [folder, ...withParents(parent)];
}

/** @param {Seen} before */
function isAsSeen({ files, folders }) {
    return (
        Object.entries(folders).every(([folder, names]) => namesIn(folder) === names) &&
        Object.entries(files).every(([file, digest]) => digestOf(textOf(file)) === digest)
    );
}

/** Nothing where there is none. @param {string} file */
function textOf(file) {
    return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
}

/** A digest of the names that could be meant by an import. @param {string} folder */
function namesIn(folder) {
    if (!fs.existsSync(folder)) return "";
    const all = fs.readdirSync(folder, { withFileTypes: true });
    const meant = all.filter((one) => one.isDirectory() || /\.([cm]?[jt]sx?|json)$/.test(one.name));
    return digestOf(JSON.stringify(meant.map(({ name }) => name).sort()));
}

/** @param {string} file @returns {(Seen & { readonly code: string }) | undefined} */
function read(file) {
    try {
        /** @type {unknown} */
        const kept = JSON.parse(String(readKept(file) ?? ""));
        return /** @type {Seen & { readonly code: string }} */ (kept);
    } catch {
        // The first time, or one that was damaged.
        return undefined;
    }
}

/** @param {string} text */
function digestOf(text) {
    return createHash("sha1").update(text).digest("hex");
}
