import type { Command } from "commander";
import type { FinishFlags } from "../release/finish/finishHands";
import { about, type AboutFlags, aboutStack, byHandOf, duration, located, packOption, waitOption } from "./about";

interface ReleaseFlags extends AboutFlags {
    to?: string;
    steps?: string;
    bake?: string;
    baseline?: string;
    onFail?: string;
    chain?: boolean;
    probe?: string;
    again?: boolean;
    once?: boolean;
    policyPack: string[];
}

/** `upshift release SERVICE…`: brings a service, or several as one, to another version, step by step. */
export function releaseCommand(): Command {
    return aboutStack("release", "<service...>", "the service, such as review; several are released as one")
        .description(
            "bring a service to another version: take a step, watch it until its gate passes, take the next; exit code 0 if it got there, 1 if it came back or was refused, 2 if it could not be asked, 3 if it stays where it is",
        )
        .option(
            "--to <version>",
            "the version that is to have all users, or review=v2,product=v3 for several services; default: as the config says",
        )
        .option(
            "--steps <list>",
            "header, mirror:20, percents, pause, pause:10m, approval or approval:NAME, with commas between; default as the config says, or header,10,25,50,100 with as many between them as the limits ask for",
        )
        .option("--bake <duration>", "how long each share is watched at least; default 2m")
        .option(
            "--baseline <version>",
            "a version with stable's image and as new as this one: it gets as many users, and is what the gate compares with",
        )
        .option("--on-fail <what>", "rollback or hold; default rollback")
        .option("--chain", "release the chain that the service is part of, by the one weight at the edge")
        .option(
            "--probe <path>",
            "of a chain: a request that goes through all its services, as the first is asked for it; default /",
        )
        .option("--again", "start a version that was aborted")
        .option("--once", "take the next step alone")
        .addOption(waitOption())
        .addOption(packOption())
        .action(async (services: string[], flags: ReleaseFlags) => {
            const { runRelease } = await import("../release/run");
            process.exitCode = await runRelease(services, located(flags));
        });
}

/** `upshift step SERVICE`: the next step of a release alone. */
export function stepCommand(): Command {
    return about("step")
        .description("take the next step of a release alone, as release --once does; exit codes as release")
        .addOption(waitOption())
        .addOption(packOption())
        .action(async (service: string, flags: AboutFlags & { policyPack: string[] }) => {
            const { takeStep } = await import("../release/verbs/retry");
            process.exitCode = await takeStep(service, located(flags));
        });
}

const words = {
    pause: "a release that runs stays where it is, from the next look at it on",
    resume: "a release that was paused goes on",
    promote: "the gate or the pause that a release is at counts as passed",
} as const;

/** `upshift pause | resume | promote SERVICE`: words to a release, which stand in the config until it has heard them. */
export function wordCommand(word: keyof typeof words): Command {
    return about(word)
        .description(words[word])
        .action(async (service: string, flags: AboutFlags) => {
            const { say } = await import("../release/verbs/say");
            // A release that runs tells by itself that it waits.
            const words =
                word === "promote"
                    ? await byHandOf(word, [service], flags, (at) => say(word, service, at))
                    : await say(word, service, located(flags));
            console.log(flags.json ? JSON.stringify({ word, service, words }) : words);
        });
}

/** `upshift finish SERVICE`: the version that has all users becomes the stable one. */
export function finishCommand(): Command {
    return about("finish")
        .description(
            "make the version that has all users of a service the stable one, end its release, and take the old one away or say how; exit code 1 if it was worse and users are back, or it is refused, 3 if it could not be judged, or somebody still asks the old version",
        )
        .option("--bake <duration>", "how long the gate looks at it first, at all users; default not at all", duration)
        .option(
            "--keep <duration>",
            "how long the old version stays the stable one since its last user left, so that a rollback is instant; default: as the config says, or not at all",
            duration,
        )
        .option("--remove", "take the old version away, once no proxy has a request for it")
        .addOption(waitOption())
        .action(async (service: string, flags: AboutFlags & FinishFlags) => {
            const { finishStack } = await import("../release/verbs/finish");
            process.exitCode = await byHandOf("finish", [service], flags, (at) => finishStack(service, at));
        });
}
