import { Refused } from "../../../cluster/refused";
import type { ExitCode } from "../../exitCode";
import { runRelease } from "../run";
import { StackHands } from "../stackHands";
import type { About } from "./about";

/**
 * Starts the driver again, of all services that are released as one with it, where a release has ended: aborted, held, or with a
 * step that failed. Where it was aborted, asking for it is the word that it needs.
 *
 * @returns and throws as `runRelease` does; also when no release of the service is declared, or it is over.
 */
export async function retry(
    service: string,
    flags: About & { readonly policyPack?: readonly string[] },
): Promise<ExitCode> {
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
