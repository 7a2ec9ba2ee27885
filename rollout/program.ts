import { Command } from "commander";
import { isCheckout } from "../cluster/paths";
import { version } from "../package.json";
import type { LoadOwn } from "./ownProject";
import { UserError } from "../components/userError";

/** Subcommands by name, in the order in which `--help` lists them. Only the one that is called is loaded: all of them take a third of a second. */
export type Commands = Readonly<Record<string, (own?: LoadOwn) => Promise<Command>>>;

/** What a CLI has that was built for one project. */
export interface OwnCli {
    /** Its further commands. */
    readonly commands: Commands;
    readonly project: LoadOwn;
}

/** The commands that work for any Pulumi project. */
const anybodys: Commands = {
    init: async () => (await import("./commands/init")).initCommand(),
    plan: async () => (await import("./commands/plan")).planCommand(),
    comment: async () => (await import("./commands/comment")).commentCommand(),
    route: async () => (await import("./commands/route")).routeCommand(),
    status: async (own) => (await import("./commands/status")).statusCommand(own),
    guard: async (own) => (await import("./commands/guard")).guardCommand(own),
    adopt: async () => (await import("./commands/adopt")).adoptCommand(),
    restore: async () => (await import("./commands/restore")).restoreCommand(),
    gate: async () => (await import("./commands/gate")).gateCommand(),
    release: async () => (await import("./commands/release")).releaseCommand(),
    step: async () => (await import("./commands/release")).stepCommand(),
    abort: async () => (await import("./commands/rollback")).abortCommand(),
    rollback: async () => (await import("./commands/rollback")).rollbackCommand(),
    undo: async () => (await import("./commands/undo")).undoCommand(),
    pause: async () => (await import("./commands/release")).wordCommand("pause"),
    resume: async () => (await import("./commands/release")).wordCommand("resume"),
    promote: async () => (await import("./commands/release")).wordCommand("promote"),
    "stop-the-line": async () => (await import("./commands/line")).stopCommand(),
    "go-on": async () => (await import("./commands/line")).goOnCommand(),
    goto: async () => (await import("./commands/goto")).gotoCommand(),
    retry: async () => (await import("./commands/goto")).retryCommand(),
    finish: async () => (await import("./commands/release")).finishCommand(),
    history: async () => (await import("./commands/history")).historyCommand(),
    metrics: async () => (await import("./commands/metrics")).metricsCommand(),
    verify: async (own) => (await import("./commands/verify")).verifyCommand(own),
    graph: async () => (await import("./commands/graph")).graphCommand(),
};

/** The commands that a checkout has, which an installed package can only name. */
export const ofCheckouts = ["setup", "start", "demo", "cluster", "env", "adopt-drift", "call"];

/** The program with one subcommand, or with all of them where it has none of that name. */
export async function programFor(name = "", own?: OwnCli): Promise<Command> {
    const program = new Command("upshift")
        .description("Safe traffic steps on Istio: one `pulumi up` each, and measured.")
        .version(version)
        .addHelpText("after", exitCodes);
    const commands = { ...own?.commands, ...anybodys };
    const called = commands[name];
    if (!called && !isCheckout() && ofCheckouts.includes(name)) throw onlyInCheckout(name);
    for (const command of called ? [called] : Object.values(commands)) program.addCommand(await command(own?.project));
    return told(program, "npx upshift");
}

const exitCodes =
    "\nExit codes: 0 all is well, 1 findings, 2 could not be asked or done, 3 a release stays where it is.";

/**
 * A mistyped command, option or argument is told with what is near, and how to see what there is; then it is thrown, since
 * Commander by itself would end with the code that means findings.
 */
function told(command: Command, called: string): Command {
    command.exitOverride().showSuggestionAfterError().showHelpAfterError(`  fix: ${called} --help`);
    for (const one of command.commands) told(one, `${called} ${one.name()}`);
    return command;
}

function onlyInCheckout(command: string): UserError {
    const offered = Object.keys(anybodys).join(", ");
    return new UserError({
        what: `\`upshift ${command}\` is for a checkout of upshift, with its demo systems and clusters; an installed package has ${offered}.`,
        fix: "upshift --help",
    });
}
