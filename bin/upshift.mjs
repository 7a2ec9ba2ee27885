#!/usr/bin/env node
// @ts-check
/** Starts the `upshift` CLI: an installed package has it built; a checkout bundles it again when a source has changed. */
import * as fs from "node:fs";

// Node would end with 1, which means that something was found.
process.on("uncaughtException", (error) => {
    console.error(error);
    process.exit(2);
});

const here = (/** @type {string} */ file) => new URL(`../${file}`, import.meta.url);

if (!fs.existsSync(here("cluster/setup/bundle.mjs"))) {
    await import(here("dist/cli/cli.mjs").href);
} else if (!fs.existsSync(here("node_modules/esbuild"))) {
    console.error("upshift: the npm packages are not installed; run `npm start` or `npm ci --ignore-scripts` first.");
    process.exit(2);
} else {
    /** @type {unknown} */
    const bundle = await import(here("cluster/setup/bundle.mjs").href);
    await /** @type {typeof import("../cluster/setup/bundle.mjs")} */ (bundle).bundleIfStale();
    await import(here(".upshift/dist/cli.mjs").href);
}
