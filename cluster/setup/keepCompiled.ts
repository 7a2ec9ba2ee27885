/**
 * For `node --require`: what is compiled of the program that follows is kept in `.upshift/dist/compiled`.
 */
import * as path from "node:path";
import { keepCompiledOf } from "./compileCache";

const [, program] = process.argv;
if (program !== undefined) keepCompiledOf(path.join(__dirname, "compiled"), program);
