import { Command } from "commander";
import { version } from "../package.json";
import { callCommand } from "./commands/call";
import { clusterCommand } from "./commands/cluster";
import { demoCommand } from "./commands/demo";
import { commentCommand } from "./commands/comment";
import { envCommand } from "./commands/env";
import { graphCommand } from "./commands/graph";
import { guardCommand } from "./commands/guard";
import { planCommand } from "./commands/plan";
import { routeCommand } from "./commands/route";
import { setupCommand } from "./commands/setup";
import { startCommand } from "./commands/start";
import { statusCommand } from "./commands/status";
import { verifyCommand } from "./commands/verify";

/** Every subcommand, in the order in which `--help` lists them. */
const commands = [
    setupCommand,
    startCommand,
    demoCommand,
    clusterCommand,
    envCommand,
    planCommand,
    commentCommand,
    routeCommand,
    statusCommand,
    guardCommand,
    verifyCommand,
    graphCommand,
    callCommand,
];

const program = new Command("upshift")
    .description("Safe traffic steps on Istio: one `pulumi up` each, and measured.")
    .version(version)
    .showHelpAfterError();
commands.forEach((command) => program.addCommand(command()));

// `upshift status | head` ends the pipe early; that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
});

program.parseAsync().catch((error: Error) => {
    console.error(`upshift: ${error.message}`);
    process.exitCode = 1;
});
