/** Writes docs/reference.md: `npm run docs:reference`. */
import * as fs from "node:fs";
import * as path from "node:path";
import { referenceOf } from "./reference";
import schema from "./schema.json";

fs.writeFileSync(path.join(__dirname, "../docs/reference.md"), referenceOf(schema));
