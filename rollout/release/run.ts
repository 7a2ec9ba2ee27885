import * as path from "node:path";
import { ask, canAsk } from "../ask";
import type { ExitCode } from "../exitCode";
import { repair } from "../repair";
import { goBack } from "./back";
import { chainsOf } from "./chain/named";
import { askedFor, versionsOf } from "./group";
import { namesOf, servedNow } from "./members";
import { Driver } from "./driver";
import { exitCodes } from "./ended";
import type { ReleaseEvent, Values } from "./hands";
import { KeptPlugins } from "./keptPlugins";
import { notifierOf } from "./notify/telling";
import { show } from "./show";
import { declaredIn } from "./shares";
import { StackHands } from "./stackHands";
import { fittingSteps } from "./togetherPlan";
import type { Updating } from "./update";
import { whereOf } from "./where";

/** What a release is started with; what is left out is as the config has it. */
export interface RunFlags {
    readonly stack: string;
    readonly folder?: string | undefined;
    readonly to?: string;
    readonly steps?: string | undefined;
    readonly bake?: string;
    readonly baseline?: string;
    readonly onFail?: string;
    /** Whether the names are of services whose chains are meant. */
    readonly chain?: boolean;
    /** The path of a request that goes through a whole chain. */
    readonly probe?: string;
    readonly again?: boolean;
    readonly once?: boolean;
    readonly json?: boolean;
    readonly policyPack?: readonly string[];
    /** Milliseconds for which another update of the stack is waited for. */
    readonly waitForLock?: number;
}

/**
 * Drives a release until it is over, or is to stay where it is.
 *
 * @param names of a service, or of several that are released as one; of those that already are, any is enough.
 * @returns the exit code: well when it got there, findings when it came back, held when it stays.
 * @throws when it can't begin, or a step is refused.
 */
export async function runRelease(names: readonly string[], flags: RunFlags): Promise<ExitCode> {
    // While it is still found out what is to be released. Whoever can't start them goes without.
    const kept = KeptPlugins.start(flags.folder)
        .then(async (plugins) => {
            await plugins?.hold(flags.stack);
            return plugins;
        })
        .catch(() => undefined);
    try {
        return await driven(names, flags, kept);
    } finally {
        (await kept)?.stop();
    }
}

async function driven(
    names: readonly string[],
    flags: RunFlags,
    kept: NonNullable<Updating["kept"]>,
): Promise<ExitCode> {
    const { stack, folder, json = false, again = false, once = false, waitForLock } = flags;
    const updating = { policyPacks: packsOf(flags), lockWait: waitForLock, kept };
    const hearers = [show(process.stdout, json, whereOf(stack, folder))];
    const tell = (event: ReleaseEvent): void => hearers.forEach((hearer) => hearer(event));
    const handsOf = (service: string): StackHands => new StackHands(stack, service, tell, folder, updating, again);
    const asked = flags.chain ? await chainsOf(names, stack, folder) : names;
    const declared = await declaredIn(stack, folder);
    const services = askedFor(asked, declared);
    const all = services.map((service) => ({ service, hands: handsOf(service) }));
    const [{ service, hands }, ...others] = all as [(typeof all)[number], ...typeof all];
    // Before anything is written: a service that is not there has no release.
    const { steps = fittingSteps(await servedNow(all), declared) } = flags;
    const notifier = await notifierOf({ stack, folder, services });
    hearers.push(notifier.tell);
    const old = await hands.write(asConfig(services, { ...flags, steps }));
    const onWait = (pid: number): boolean =>
        process.stderr.write(`waiting for an update that is under way (process ${pid})\n`);
    if (folder === undefined)
        for (const fixed of await repair(stack, onWait, waitForLock)) process.stderr.write(`fixed: ${fixed}\n`);
    const onInterrupt = (): void => {
        process.stderr.write("\nThe step that is being taken is taken to its end, then the release stops.\n");
        for (const one of all) one.hands.interrupt();
    };
    process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
    try {
        const driver = new Driver(service, hands, { again, once, hasHeader: await hands.hasHeader(), with: others });
        const begun = await driver.begin().catch(async (error: unknown) => {
            // What can't be released so is not to stand in the config as if it could.
            await hands.write(old);
            throw error;
        });
        const outcome = await driver.run(begun).catch((error: Error) => {
            // The screen has it from whoever catches it.
            notifier.tell({ kind: "breaks", words: error.message });
            throw error;
        });
        if (outcome !== "held" || !hands.isInterrupted || !(await wantsBack(namesOf(all)))) return exitCodes[outcome];
        const moved = (await servedNow(all)).map(async (one) => ({ ...one, to: (await one.hands.settings()).to }));
        await goBack(await Promise.all(moved), "somebody asked for it");
        tell({ kind: "ends", outcome: "rolledBack", words: "Somebody asked for it." });
        return exitCodes.rolledBack;
    } finally {
        process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
        for (const one of all) one.hands.close();
        await notifier.close();
    }
}

/** Pulumi runs in the project's folder, and they are named from here. */
function packsOf({ policyPack = [] }: RunFlags): string[] {
    return policyPack.map((pack) => path.resolve(pack));
}

/** What is given on the command line stands in the config from then on: whoever starts the driver anew goes on with the same. */
function asConfig(services: readonly string[], { to, steps, bake, baseline, onFail, probe }: RunFlags): Values {
    const versions = to === undefined ? {} : versionsOf(services, to);
    const ofEach = services.flatMap((service) => {
        const others = services.filter((one) => one !== service).join(",");
        const given = {
            to: versions[service],
            steps,
            bake,
            baseline,
            onFail,
            "probe.path": probe,
            with: others === "" ? undefined : others,
        };
        return Object.entries(given).map(([key, value]) => [`release.${service}.${key}`, value] as const);
    });
    return Object.fromEntries(ofEach.filter(([, value]) => value !== undefined));
}

/** After Ctrl-C: hold, or go back. Where nobody can be asked, it is held. */
async function wantsBack(service: string): Promise<boolean> {
    return canAsk() && /^b/i.test(await ask(`Hold ${service} where it is, or roll it back? [hold/back] `));
}
