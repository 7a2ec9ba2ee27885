// @ts-check
/**
 * Lets node load a TypeScript program: `nodeargs: --import ./plugins/language/typescript.mjs` in Pulumi.yaml.
 *
 * The program's own files are transpiled together, in one go, when node loads its first one; packages are left to node. A
 * general loader such as tsx looks into every file of every package instead, which costs half a second more at each run.
 */
import Module, { createRequire } from "node:module";
import { buildSync } from "esbuild";
import { loadSeldomUsedLate } from "./lazy.mjs";

/** @type {Map<string, string>} */
const sourceMaps = new Map();

loadSeldomUsedLate();

// The SDK's own copy, so that the stack traces it prints name the lines of the sources.
/** @type {unknown} */
const traces = createRequire(createRequire(import.meta.url).resolve("@pulumi/pulumi/package.json"))(
    "source-map-support",
);
/** @type {{ install(options: object): void }} */ (traces).install({
    retrieveSourceMap: (/** @type {string} */ file) => {
        const map = sourceMaps.get(file);
        return map ? { url: file, map } : null;
    },
});

/**
 * Node documents the hook as deprecated, and keeps it for loaders like this one; its types leave it out.
 *
 * @typedef {(module: { _compile(code: string, file: string): void }, file: string) => void} Extension
 */
const loader = /** @type {{ _extensions: Record<string, Extension> }} */ (/** @type {unknown} */ (Module));
/** @type {Extension} */
const loadProgram = (module, file) => {
    const { outputFiles } = buildSync({
        entryPoints: [file],
        outfile: `${file}.js`,
        bundle: true,
        packages: "external",
        platform: "node",
        format: "cjs",
        target: "node20",
        keepNames: true,
        sourcemap: "external",
        write: false,
        logLevel: "silent",
    });
    for (const { path, text } of outputFiles) {
        if (path.endsWith(".map")) sourceMaps.set(file, text);
        else module._compile(text, file);
    }
};
loader._extensions[".ts"] = loadProgram;
