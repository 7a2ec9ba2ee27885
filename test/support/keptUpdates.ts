/**
 * `tsx keptUpdates.ts FOLDER N…`: one update of stack dev for each value of the config's `n`, with plugins that are kept from one to the
 * next, as a release makes them. A release is a process that may be killed, so this is one of its own.
 */
import { KeptPlugins } from "../../rollout/release/keptPlugins";
import { update } from "../../rollout/release/update";
import { setConfig } from "../../rollout/stack";

async function main(folder: string, values: readonly string[]): Promise<void> {
    const kept = KeptPlugins.start(folder);
    // What is kept keeps no process alive, as a release's own work does.
    const alive = setInterval(() => undefined, 1_000);
    await (await kept)?.hold("dev");
    try {
        for (const n of values) {
            await setConfig("dev", { n }, folder);
            await (
                await kept
            )?.held?.ready;
            await update("dev", folder, `n is ${n}`, { kept });
        }
    } finally {
        (await kept)?.stop();
        clearInterval(alive);
    }
}

const [folder = "", ...values] = process.argv.slice(2);
main(folder, values).catch((error: Error) => {
    console.error(error.message);
    process.exitCode = 1;
});
