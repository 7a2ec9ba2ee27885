import { runCli } from "./cli";

/** The `upshift` of the npm package. */
void runCli();
