/** Writes `cluster/tools/builtOf.json`: `npm run tools`, after cluster/tools/go.mod has changed. */
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../paths";
import { toolsModule } from "../tools/manifest";
import { builtOf } from "./builtOf";

async function main(): Promise<void> {
    const file = path.join(projectRoot(), toolsModule, "builtOf.json");
    fs.writeFileSync(file, `${JSON.stringify(await builtOf(), null, 4)}\n`);
}

main().catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
});
