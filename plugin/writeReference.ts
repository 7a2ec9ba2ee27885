/** Writes docs/reference.md: `npm run docs:reference`. */
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../cluster/paths";
import { referenceOf } from "./reference";
import schema from "./schema.json";

fs.writeFileSync(path.join(projectRoot(), "docs", "reference.md"), referenceOf(schema));
