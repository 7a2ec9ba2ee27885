import { removeEmptyCgroups } from "../embedded/cgroups";
import { cacheDir } from "../paths";
import { lockedBy, withLock } from "./lock.mjs";
import { tidyUpServices, type Places } from "./noServices";

/** The lock of whoever sets up: one for all checkouts of this user, as the tools are. */
export const setUpLock = (): string => cacheDir("setup.lock");

/**
 * Removes what set-ups and clusters have left on the machine outside of our folders when they were killed. What one that is
 * at work needs is not touched.
 *
 * @param say is told what was there
 * @param places where a set-up's traces lie; default where set-ups leave them
 */
export async function removeLeftovers(say: (text: string) => void, places?: Places): Promise<void> {
    if (process.platform !== "linux" || process.getuid?.() !== 0) return;
    for (const name of removeEmptyCgroups())
        say(`The control groups ${name}, in which no process is left, were removed.`);
    // Another set-up tidies up itself.
    if (lockedBy(setUpLock()) !== undefined) return;
    await withLock(setUpLock(), "which sets up", async () => (await tidyUpServices(places)).forEach(say), say);
}
