/** Writes docs/policies.md: `npm run docs:policies`. */
import * as fs from "node:fs";
import * as path from "node:path";
import { projectRoot } from "../cluster/paths";
import { documentOf } from "./document";
import { policies } from "./policies";

fs.writeFileSync(path.join(projectRoot(), "docs", "policies.md"), documentOf(policies));
