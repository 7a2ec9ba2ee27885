import { runCli } from "../rollout/cli";
import { ownCli } from "./cli";

/** The `upshift` of a checkout. */
void runCli(ownCli);
