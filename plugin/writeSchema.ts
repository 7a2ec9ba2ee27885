/** Writes `plugin/schema.json`: `npm run schema`. */
import * as fs from "node:fs";
import * as path from "node:path";
import { inferredSchema } from "./inferSchema";

fs.writeFileSync(path.join(__dirname, "schema.json"), inferredSchema());
