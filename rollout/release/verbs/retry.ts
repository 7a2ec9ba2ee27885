import { Refused } from "../../../cluster/refused";
import type { ExitCode } from "../../exitCode";
import { runRelease } from "../run";
import { StackHands } from "../stackHands";
import { type About, meantBy } from "./about";

/** How a driver is started again. */
type Flags = About & { readonly policyPack?: readonly string[] };

/**
 * Takes the next step of a release alone, of all services that are released as one with it, or of the chain of which it is part.
 *
 * @returns and throws as `runRelease` does; also when no release of the service is declared.
 */
export async function takeStep(asked: string, flags: Flags): Promise<ExitCode> {
    return runRelease([await meantBy(asked, flags)], { ...flags, once: true });
}

/**
 * Starts the driver again, of all services that are released as one with it, or of the chain of which it is part, where a release has
 * ended: aborted, held, or with a step that failed. Where it was aborted, asking for it is the word that it needs.
 *
 * @returns and throws as `runRelease` does; also when no release of the service is declared, or it is over.
 */
export async function retry(asked: string, flags: Flags): Promise<ExitCode> {
    const service = await meantBy(asked, flags);
    const hands = new StackHands(flags.stack, service, () => undefined, flags.folder);
    const { stable } = await hands.served();
    const { to } = await hands.settings();
    if (to === stable)
        throw new Refused({
            what: `The release of ${service} is over: ${to} is the stable version.`,
            fix: `npx upshift release ${service}${hands.where} --to VERSION`,
        });
    return runRelease([service], { ...flags, again: true });
}
