/**
 * For `node --require`: what is compiled of the program that follows is kept in `.upshift/dist/compiled`.
 */
import { createHash } from "node:crypto";
import * as path from "node:path";
import { keepCompiled } from "./compileCache";

const [, program] = process.argv;
if (program !== undefined) {
    const name = path.parse(program).name;
    keepCompiled(
        path.join(__dirname, "compiled"),
        `${name}-${createHash("sha1").update(program).digest("hex").slice(0, 8)}`,
    );
}
