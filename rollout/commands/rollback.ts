import type { Command } from "commander";
import { UserError } from "../../components/userError";
import { about, type AboutFlags, aboutStack, byHandOf, duration, waitOption } from "./about";

interface RollbackFlags extends AboutFlags {
    all?: boolean;
    gradual?: boolean;
    bake?: string;
}

/** `upshift rollback SERVICE` or `--all`: everybody is back on stable, and no version of theirs starts again by itself. */
export function rollbackCommand(): Command {
    return aboutStack("rollback", "[service]")
        .description(
            "give all users of a service back to its stable version at once, as abort does, or those of every service of the stack; exit code 0 if they are back, 3 if a gradual way was interrupted",
        )
        .option("--all", "every service of the stack that is off its stable version, by one update")
        .option(
            "--gradual",
            "by the release's steps downwards, an update each, and not at once: for caches that are cold",
        )
        .option("--bake <duration>", "how long each share stays on the gradual way; default as the release", duration)
        .addOption(waitOption())
        .action(async (service: string | undefined, flags: RollbackFlags) => {
            if ((service === undefined) === (flags.all !== true)) throw oneOrAll(service);
            const { rollbackStack } = await import("../release/verbs/rollback");
            const services = service === undefined ? [] : [service];
            process.exitCode = await byHandOf("rollback", services, flags, (at) => rollbackStack(service, at));
        });
}

/** `upshift abort SERVICE`: the same by the word that people know. */
export function abortCommand(): Command {
    return about("abort")
        .description(
            "give all users of a service back to its stable version at once; the version that they come from does not start again by itself",
        )
        .addOption(waitOption())
        .action(async (service: string, flags: AboutFlags) => {
            const { rollbackStack } = await import("../release/verbs/rollback");
            process.exitCode = await byHandOf("abort", [service], flags, (at) => rollbackStack(service, at));
        });
}

function oneOrAll(service: string | undefined): UserError {
    return service === undefined
        ? new UserError({
              what: "Whose users are to go back is not said.",
              fix: "npx upshift rollback SERVICE, or npx upshift rollback --all",
          })
        : new UserError({
              what: `${service} and --all together leave open which is meant.`,
              fix: `npx upshift rollback ${service}, or npx upshift rollback --all`,
          });
}
