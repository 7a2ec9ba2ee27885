// @ts-check
/**
 * Lets node load a TypeScript program: `nodeargs: --import ./plugins/language/typescript.mjs` in Pulumi.yaml.
 *
 * The program's own files are transpiled together, in one go, when node loads its first one; packages are left to node. A
 * general loader such as tsx looks into every file of every package instead, which costs half a second more at each run.
 */
import Module, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { loadSeldomUsedLate } from "./lazy.mjs";
import { traceSources } from "./traces.mjs";
import { transpiled } from "./transpile.mjs";

/** Where programs are kept that were transpiled before. */
const kept = fileURLToPath(new URL("../../.upshift/dist/programs", import.meta.url));

/** @type {Map<string, () => string>} */
const sourceMaps = new Map();

loadSeldomUsedLate();
traceSources(sourceMaps);

/**
 * Node documents the hook as deprecated, and keeps it for loaders like this one; its types leave it out.
 *
 * @typedef {(module: { _compile(code: string, file: string): void }, file: string) => void} Extension
 */
const loader = /** @type {{ _extensions: Record<string, Extension> }} */ (/** @type {unknown} */ (Module));
/** @type {Extension} */
const loadProgram = (module, file) => {
    if (process.env.UPSHIFT_NOT_DEBUGGED) silence(file);
    const made = transpiled(file, kept);
    sourceMaps.set(file, () => made.map());
    module._compile(made.code, file);
};
loader._extensions[".ts"] = loadProgram;

/** Keeps the SDK's debug messages, which nobody asked for, from being sent to the engine one by one. @param {string} program */
function silence(program) {
    /** @type {unknown} */
    const log = createRequire(program)("@pulumi/pulumi/log");
    /** @type {{ debug: () => Promise<void> }} */ (log).debug = () => Promise.resolve();
}
