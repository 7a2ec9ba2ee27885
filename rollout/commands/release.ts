import { Command, InvalidArgumentError, Option } from "commander";
import { isDuration } from "../release/settings";
import { milliseconds } from "../../components/traffic/world/durations";
import { collected } from "./values";
import { cwdOption, otherProject } from "../project";
import { defaultStack } from "../pulumi";

/** What every command about a release takes. */
interface About {
    stack: string;
    cwd?: string;
    json?: boolean;
    waitForLock?: number;
}

interface ReleaseFlags extends About {
    to?: string;
    steps?: string;
    bake?: string;
    onFail?: string;
    again?: boolean;
    once?: boolean;
    policyPack: string[];
}

/** `upshift release SERVICE`: brings a service to another version, step by step. */
export function releaseCommand(): Command {
    return about("release", true)
        .description(
            "bring a service to another version: take a step, watch it until its gate passes, take the next; exit code 0 if it got there, 1 if it came back or was refused, 2 if it could not be asked, 3 if it stays where it is",
        )
        .option(
            "--to <version>",
            "the version that is to have all users, or review=v2,product=v3 for several services; default: as the config says",
        )
        .option(
            "--steps <list>",
            "header, percents, pause or pause:10m, with commas between; default header,10,25,50,100",
        )
        .option("--bake <duration>", "how long each share is watched at least; default 2m")
        .option("--on-fail <what>", "rollback or hold; default rollback")
        .option("--again", "start a version that was aborted")
        .option("--once", "take the next step alone")
        .addOption(waitOption())
        .option(
            "--policy-pack <folder>",
            "a policy pack that holds for every step; may be given several times",
            collected,
            [],
        )
        .action(async (services: string[], flags: ReleaseFlags) => {
            const { runRelease } = await import("../release/run");
            process.exitCode = await runRelease(services, { ...flags, folder: otherProject(flags.cwd) });
        });
}

/** `upshift abort SERVICE`: everybody is back on stable, and the version does not start again by itself. */
export function abortCommand(): Command {
    return about("abort")
        .description(
            "give all users of a service back to its stable version at once; the version that they come from does not start again by itself",
        )
        .addOption(waitOption())
        .action(async (service: string, flags: About) => {
            const [{ abort }, { byHand }] = await Promise.all([
                import("../release/verbs"),
                import("../release/notify/telling"),
            ]);
            const folder = otherProject(flags.cwd);
            await byHand("abort", { stack: flags.stack, folder, services: [service] }, (tell) =>
                abort(service, { ...flags, folder, tell }),
            );
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
        .action(async (service: string, flags: About) => {
            const [{ say }, { byHand }] = await Promise.all([
                import("../release/verbs"),
                import("../release/notify/telling"),
            ]);
            const folder = otherProject(flags.cwd);
            const said = (): Promise<string> => say(word, service, { ...flags, folder });
            const about = { stack: flags.stack, folder, services: [service] };
            // A release that runs tells by itself that it waits.
            console.log(word === "promote" ? await byHand(word, about, said) : await said());
        });
}

/** `upshift finish SERVICE`: the version that has all users becomes the stable one. */
export function finishCommand(): Command {
    return about("finish")
        .description("make the version that has all users of a service the stable one, and end its release")
        .addOption(waitOption())
        .action(async (service: string, flags: About) => {
            const [{ finish }, { byHand }] = await Promise.all([
                import("../release/verbs"),
                import("../release/notify/telling"),
            ]);
            const folder = otherProject(flags.cwd);
            const about = { stack: flags.stack, folder, services: [service] };
            console.log(await byHand("finish", about, () => finish(service, { ...flags, folder })));
        });
}

/** For those that update the stack: how long another update is waited for. */
function waitOption(): Option {
    return new Option(
        "--wait-for-lock <duration>",
        "how long an update of the stack that somebody else makes is waited for; default 10m, 0s says at once who makes it",
    ).argParser((text: string) => {
        if (isDuration(text)) return milliseconds(text);
        throw new InvalidArgumentError(`${text} is no duration such as 90s or 10m.`);
    });
}

/** @param isOfSeveral whether it may name services that are released as one. */
function about(name: string, isOfSeveral = false): Command {
    const [argument, what] = isOfSeveral
        ? ["<service...>", "the service, such as review; several are released as one"]
        : ["<service>", "the service, such as review"];
    return new Command(name)
        .argument(argument, what)
        .option("--stack <name>", "the stack", defaultStack)
        .addOption(cwdOption())
        .option("--json", "an event a line, as JSON");
}
