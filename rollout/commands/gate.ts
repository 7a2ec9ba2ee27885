import { Command, InvalidArgumentError, Option } from "commander";
import { UserError } from "../../components/userError";
import { ExitCode } from "../exitCode";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";
import { isDuration, secondsOf } from "../release/durations";
import { commandsFor, jsonFor, whereOf } from "../release/where";
import { duration } from "./about";
import { positive } from "./values";

interface GateFlags {
    replay: string;
    until?: number;
    share?: number;
    steps?: string;
    bake?: string;
    prometheus?: string;
    metrics?: "istio" | "envoy";
    scrape?: number;
    seed: number;
    stack: string;
    cwd?: string;
    json?: boolean;
}

/** `upshift gate SERVICE --replay 24h`: how often the gate would have stopped a release of the stable version to itself. */
export function gateCommand(): Command {
    return new Command("gate")
        .description(
            "run the release gate of a service or chain over the past, on releases of its stable version to itself, and say how often it would have cried; exit code 1 if more of them would have failed than alpha promises",
        )
        .argument("<service>", "the service or chain, such as review")
        .requiredOption("--replay <duration>", "how far back, such as 24h")
        .option("--until <time>", "where it ends, such as 2026-11-26T12:00Z; default now", instantOf)
        .addOption(
            new Option("--share <percent>", "a header test and this share alone, in place of the release's steps")
                .argParser(percentOf)
                .conflicts("steps"),
        )
        .option("--steps <list>", "as of a release; default: as the config says")
        .option("--bake <duration>", "how long each step is watched at least; default: as the config says", duration)
        .option("--prometheus <url>", "one that scrapes the callers' proxies; default: as the config says", urlOf)
        .addOption(new Option("--metrics <kind>", "which metrics they have").choices(["istio", "envoy"]))
        .option("--scrape <seconds>", "seconds between two scrapes of a proxy", positive)
        .option("--seed <number>", "another one deals the requests in another way", positive, 1)
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--json", "print it as JSON")
        .action(answer);
}

async function answer(service: string, flags: GateFlags): Promise<void> {
    const { stack, replay, until = Date.now() / 1000, scrape, json, ...more } = flags;
    const folder = otherProject(flags.cwd);
    const at = `${service}${whereOf(stack, folder)}`;
    const seconds = secondsBack(replay, at);
    const [{ runReplay }, { replayJson, replayText }, { isMoreThan }] = await Promise.all([
        import("../gate/replay/run"),
        import("../gate/replay/words"),
        import("../gate/replay/replay"),
    ]);
    const asked = { ...more, stack, folder, service, seconds, until, at, replay, scrapeSeconds: scrape };
    const answered = await runReplay(asked);
    if (isMoreThan(answered.alpha, answered.replayed)) process.exitCode = ExitCode.Findings;
    const where = whereOf(stack, folder);
    console.log(json ? jsonFor(where, replayJson(answered), 2) : commandsFor(where, replayText(answered)));
}

function secondsBack(text: string, at: string): number {
    const seconds = isDuration(text) ? secondsOf(text) : NaN;
    if (seconds > 0) return seconds;
    throw new UserError({
        what: `${text} is no length of time to look back, such as 90m or 24h.`,
        where: "--replay",
        fix: `npx upshift gate ${at} --replay 24h`,
    });
}

function instantOf(text: string): number {
    const seconds = Date.parse(text) / 1000;
    if (seconds <= Date.now() / 1000) return seconds;
    throw new InvalidArgumentError("It must be a time that is over, such as 2026-11-26T12:00Z.");
}

function percentOf(text: string): number {
    const percent = positive(text);
    if (percent <= 100) return percent;
    throw new InvalidArgumentError("It must be a whole number from 1 to 100.");
}

function urlOf(text: string): string {
    if (/^https?:\/\/\S+$/.test(text)) return text;
    throw new InvalidArgumentError("It must be an address such as http://127.0.0.1:9090.");
}
