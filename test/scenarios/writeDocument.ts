/** Writes docs/scenarios.md: `npm run docs:scenarios`. */
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../../cluster/paths";
import { documentOf } from "./document";

fs.writeFileSync(path.join(projectRoot(), "docs", "scenarios.md"), documentOf());
