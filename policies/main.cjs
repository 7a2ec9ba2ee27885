/**
 * Where Pulumi begins to run the pack: hands over to the compiled one, which set-up makes of `index.ts`.
 */
const fs = require("node:fs");
const path = require("node:path");

const compiled = path.join(__dirname, "..", ".upshift", "dist", "policies.cjs");
if (!fs.existsSync(compiled)) {
    console.error(`The policy pack is not compiled: there is no ${compiled}.\n  fix: node bin/upshift.mjs setup`);
    process.exit(1);
}
require(compiled);
