#!/usr/bin/env node
// @ts-check
/** Starts the `upshift` CLI: an installed package has it built; a checkout bundles it again when a source has changed. */
import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";

// Node would end with 1, which means that something was found.
process.on("uncaughtException", (error) => {
    console.error(error);
    process.exit(2);
});

// Who gives users back goes before whatever else this machine does, from the first line on; once their routes are written it is as all
// others again (rollout/release/ahead.ts).
if (["abort", "rollback"].includes(process.argv[2] ?? "") && os.getPriority() === 0)
    try {
        os.setPriority(-10);
    } catch {
        // Only root may.
    }

const root = path.join(import.meta.dirname, "..");
const here = (/** @type {string[]} */ ...parts) => path.join(root, ...parts);

if (!fs.existsSync(here("cluster", "setup", "bundle.mjs"))) {
    const cache = process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache");
    start(here("dist", "cli"), path.join(cache, "upshift", "compiled"));
} else if (!fs.existsSync(here("node_modules", "esbuild"))) {
    console.error("upshift: the npm packages are not installed; run `npm start` or `npm ci --ignore-scripts` first.");
    process.exit(2);
} else {
    const { bundleIfStale } = await import("../cluster/setup/bundle.mjs");
    await bundleIfStale();
    const dist = here(".upshift", "dist");
    start(dist, path.join(dist, "compiled"));
}

/** @param {string} parts the folder that the CLI lies in. @param {string} compiled where what V8 has made of it is kept */
function start(parts, compiled) {
    const require = createRequire(import.meta.url);
    /** @type {unknown} */
    const cache = require(path.join(parts, "compile-cache.cjs"));
    const { keepCompiled } = /** @type {typeof import("../cluster/setup/compileCache")} */ (cache);
    keepCompiled(compiled, "upshift");
    require(path.join(parts, "cli.cjs"));
}
