import { Command } from "commander";
import { isCheckout } from "../cluster/paths";
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
    adopt: async () => (await import("./commands/adopt")).adoptCommand(),
    "adopt-drift": async () => (await import("./commands/drift")).adoptDriftCommand(),
    restore: async () => (await import("./commands/drift")).restoreCommand(),
    release: async () => (await import("./commands/release")).releaseCommand(),
    abort: async () => (await import("./commands/release")).abortCommand(),
    pause: async () => (await import("./commands/release")).wordCommand("pause"),
    resume: async () => (await import("./commands/release")).wordCommand("resume"),
    promote: async () => (await import("./commands/release")).wordCommand("promote"),
    finish: async () => (await import("./commands/release")).finishCommand(),
    history: async () => (await import("./commands/history")).historyCommand(),
    verify: async () => (await import("./commands/verify")).verifyCommand(),
    graph: async () => (await import("./commands/graph")).graphCommand(),
    call: async () => (await import("./commands/call")).callCommand(),
};

/** The commands that an installed package has: those that work for any Pulumi project, and know none of the demo systems. */
const anybodys: readonly string[] = [
    ...["plan", "guard", "status", "route", "graph", "verify", "restore", "comment", "adopt"],
    ...["release", "abort", "pause", "resume", "promote", "finish", "history"],
];

/** The program with one subcommand, or with all of them where it has none of that name. */
export async function programFor(name = ""): Promise<Command> {
    const program = new Command("upshift")
        .description("Safe traffic steps on Istio: one `pulumi up` each, and measured.")
        .version(version)
        .addHelpText("after", exitCodes);
    if (!isCheckout() && name in commands && !anybodys.includes(name)) throw new Error(onlyInCheckout(name));
    const called = commands[name];
    const offered = Object.entries(commands).filter(([one]) => isCheckout() || anybodys.includes(one));
    for (const command of called ? [called] : offered.map(([, one]) => one)) program.addCommand(await command());
    return told(program, "npx upshift");
}

const exitCodes = "\nExit codes: 0 all is well, 1 findings, 2 could not be asked or done.";

/**
 * A mistyped command, option or argument is told with what is near, and how to see what there is; then it is thrown, since
 * Commander by itself would end with the code that means findings.
 */
function told(command: Command, called: string): Command {
    command.exitOverride().showSuggestionAfterError().showHelpAfterError(`  fix: ${called} --help`);
    for (const one of command.commands) told(one, `${called} ${one.name()}`);
    return command;
}

function onlyInCheckout(command: string): string {
    const offered = anybodys.join(", ");
    return `\`upshift ${command}\` is for a checkout of upshift, with its demo systems and clusters; an installed package has ${offered}.\n  fix: upshift --help`;
}
