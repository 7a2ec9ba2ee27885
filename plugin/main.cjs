/**
 * Where Pulumi begins to run the components for a program in another language: those of the npm package, or in a checkout the sources.
 */
const fs = require("node:fs");
const path = require("node:path");

const loader = path.join(__dirname, "..", "plugins", "language", "typescript.mjs");

module.exports = async () => {
    if (!fs.existsSync(loader)) return require("../dist/plugin.js").serve();
    await import(loader);
    return require("./serve.ts").serve();
};
