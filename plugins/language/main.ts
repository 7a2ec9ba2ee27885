import { askedFor } from "../ahead";
import { isKept, readyVariable } from "../kept";
import { engineAddress, serve } from "../serve";
import { addLanguageHost, thisHost } from "./host";
import { beginningOf } from "./program";
import { Readiness } from "./ready";

// Children end with this process, which "exit" sees to; a signal alone would skip it.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(0));

async function main(): Promise<void> {
    const ready = readyPrograms();
    await askedFor(thisHost);
    await serve((server) => addLanguageHost(server, engineAddress() ?? "", ready));
}

main().catch((error: Error) => {
    console.error(`pulumi-language-nodejs: ${error.message}`);
    process.exit(1);
});

/** What is ready for the programs that are to be run: for each of them in a host that is kept, else for one that Pulumi has named already. */
function readyPrograms(): Readiness | undefined {
    const { [readyVariable]: first } = process.env;
    Reflect.deleteProperty(process.env, readyVariable);
    if (!isKept() && first === undefined) return undefined;
    const ready = new Readiness();
    if (first !== undefined)
        try {
            ready.prepare(beginningOf(...(JSON.parse(first) as Parameters<typeof beginningOf>)));
        } catch {
            // It is begun as any other is, and says then what is wrong.
        }
    return ready;
}
