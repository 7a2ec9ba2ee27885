import * as path from "node:path";
import { ask, canAsk } from "../ask";
import { ExitCode } from "../exitCode";
import { repair } from "../repair";
import { goBack } from "./back";
import { Driver } from "./driver";
import type { Outcome, ReleaseEvent, Values } from "./hands";
import { notifierOf } from "./notify/telling";
import { show } from "./show";
import { StackHands } from "./stackHands";

/** What a release is started with; what is left out is as the config has it. */
export interface RunFlags {
    readonly stack: string;
    readonly folder?: string | undefined;
    readonly to?: string;
    readonly steps?: string;
    readonly bake?: string;
    readonly onFail?: string;
    readonly again?: boolean;
    readonly once?: boolean;
    readonly json?: boolean;
    readonly policyPack?: readonly string[];
    /** Milliseconds for which another update of the stack is waited for. */
    readonly waitForLock?: number;
}

const exitCodes: Readonly<Record<Outcome, ExitCode>> = {
    done: ExitCode.Well,
    rolledBack: ExitCode.Findings,
    aborted: ExitCode.Findings,
    held: ExitCode.Held,
};

/**
 * Drives a release until it is over, or is to stay where it is.
 *
 * @returns the exit code: well when it got there, findings when it came back, held when it stays.
 * @throws when it can't begin, or a step is refused.
 */
export async function runRelease(service: string, flags: RunFlags): Promise<ExitCode> {
    const { stack, folder, json = false, again = false, once = false, waitForLock } = flags;
    const updating = { policyPacks: packsOf(flags), lockWait: waitForLock };
    const hearers = [show(process.stdout, json)];
    const tell = (event: ReleaseEvent): void => hearers.forEach((hearer) => hearer(event));
    const hands = new StackHands(stack, service, tell, folder, updating);
    // Before anything is written: a service that is not there has no release.
    await hands.served();
    const notifier = await notifierOf({ stack, folder, services: [service] });
    hearers.push(notifier.tell);
    const old = await hands.write(asConfig(service, flags));
    const onWait = (pid: number): boolean =>
        process.stderr.write(`waiting for an update that is under way (process ${pid})\n`);
    if (folder === undefined)
        for (const fixed of await repair(stack, onWait, waitForLock)) process.stderr.write(`fixed: ${fixed}\n`);
    const onInterrupt = (): void => {
        process.stderr.write("\nThe step that is being taken is taken to its end, then the release stops.\n");
        hands.interrupt();
    };
    process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
    try {
        const driver = new Driver(service, hands, { again, once, hasHeader: await hands.hasHeader() });
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
        if (outcome !== "held" || !hands.isInterrupted || !(await wantsBack(service))) return exitCodes[outcome];
        const served = await hands.served();
        await goBack(service, hands, served, (await hands.settings()).to, "somebody asked for it");
        tell({ kind: "ends", outcome: "rolledBack", words: "Somebody asked for it." });
        return exitCodes.rolledBack;
    } finally {
        process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
        hands.close();
        await notifier.close();
    }
}

/** Pulumi runs in the project's folder, and they are named from here. */
function packsOf({ policyPack = [] }: RunFlags): string[] {
    return policyPack.map((pack) => path.resolve(pack));
}

/** What is given on the command line stands in the config from then on: whoever starts the driver anew goes on with the same. */
function asConfig(service: string, { to, steps, bake, onFail }: RunFlags): Values {
    return Object.fromEntries(
        Object.entries({ to, steps, bake, onFail }).flatMap(([key, value]) =>
            value === undefined ? [] : [[`release.${service}.${key}`, value]],
        ),
    );
}

/** After Ctrl-C: hold, or go back. Where nobody can be asked, it is held. */
async function wantsBack(service: string): Promise<boolean> {
    return canAsk() && /^b/i.test(await ask(`Hold ${service} where it is, or roll it back? [hold/back] `));
}
