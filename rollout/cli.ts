import { Command } from "commander";
import { version } from "../package.json";

/**
 * Every subcommand, in the order in which `--help` lists them. Only the one that is called is loaded: all of them together
 * take a third of a second.
 */
const commands: Readonly<Record<string, () => Promise<Command>>> = {
    setup: async () => (await import("./commands/setup")).setupCommand(),
    start: async () => (await import("./commands/start")).startCommand(),
    demo: async () => (await import("./commands/demo")).demoCommand(),
    cluster: async () => (await import("./commands/cluster")).clusterCommand(),
    env: async () => (await import("./commands/env")).envCommand(),
    plan: async () => (await import("./commands/plan")).planCommand(),
    comment: async () => (await import("./commands/comment")).commentCommand(),
    route: async () => (await import("./commands/route")).routeCommand(),
    status: async () => (await import("./commands/status")).statusCommand(),
    guard: async () => (await import("./commands/guard")).guardCommand(),
    verify: async () => (await import("./commands/verify")).verifyCommand(),
    graph: async () => (await import("./commands/graph")).graphCommand(),
    call: async () => (await import("./commands/call")).callCommand(),
};

async function main(): Promise<void> {
    const program = new Command("upshift")
        .description("Safe traffic steps on Istio: one `pulumi up` each, and measured.")
        .version(version)
        .showHelpAfterError();
    const called = commands[process.argv[2] ?? ""];
    for (const command of called ? [called] : Object.values(commands)) program.addCommand(await command());
    await program.parseAsync();
}

// `upshift status | head` ends the pipe early; that is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
});

main().catch((error: Error) => {
    console.error(`upshift: ${error.message}`);
    process.exitCode = 1;
});
