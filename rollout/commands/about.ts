import { Command, InvalidArgumentError, Option } from "commander";
import { milliseconds } from "../../components/traffic/world/durations";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import type { ReleaseEvent, Verb } from "../release/hands";
import { byHand } from "../release/notify/byHand";
import { isDuration } from "../release/durations";
import { collected } from "./values";

/** What every command about a release takes. */
export interface AboutFlags {
    stack: string;
    cwd?: string;
    json?: boolean;
    waitForLock?: number;
}

/** A command about one service. */
export function about(name: string): Command {
    return aboutStack(name, "<service>");
}

/** A command about a stack, with an argument of its own or none. @param what the argument is */
export function aboutStack(name: string, argument?: string, what = "the service, such as review"): Command {
    const command = new Command(name);
    if (argument !== undefined) command.argument(argument, what);
    return command
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--json", "an event a line, as JSON");
}

/** The flags, with the folder of the project that they name. */
export function located<Flags extends AboutFlags>(flags: Flags): Flags & { folder: string | undefined } {
    return { ...flags, folder: otherProject(flags.cwd) };
}

/**
 * Does what a command does by hand, and tells others of it, as the config's `notify` has it.
 *
 * @param services whose users it is about; none for those whom it moves.
 * @param act is given the flags, with where it says what it does.
 */
export function byHandOf<Flags extends AboutFlags, Result>(
    verb: Verb,
    services: readonly string[],
    flags: Flags,
    act: (flags: Flags & { folder: string | undefined; tell: (event: ReleaseEvent) => void }) => Promise<Result>,
): Promise<Result> {
    const at = located(flags);
    const release = { stack: flags.stack, folder: at.folder, services };
    return byHand(verb, release, (tell) => act({ ...at, tell }));
}

/** For those that update the stack: how long another update is waited for. */
export function waitOption(): Option {
    return new Option(
        "--wait-for-lock <duration>",
        "how long an update of the stack that somebody else makes is waited for; default 10m, 0s says at once who makes it",
    ).argParser((text: string) => milliseconds(duration(text)));
}

/** For those that drive a release. */
export function packOption(): Option {
    return new Option("--policy-pack <folder>", "a policy pack that holds for every step; may be given several times")
        .argParser(collected)
        .default([]);
}

/** A duration such as 90s, as it was typed. */
export function duration(text: string): string {
    if (isDuration(text)) return text;
    throw new InvalidArgumentError(`${text} is no duration such as 90s or 10m.`);
}
