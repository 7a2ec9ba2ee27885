/**
 * The load generator as a program, so that it can run inside the cluster's network while the CLI stays outside.
 * Standard input: the options as a line of JSON, then a line `cut N` for each window; its end ends the load.
 * Standard output: a line of JSON for each window.
 */
import * as readline from "node:readline";
import { Generator } from "./generator";
import { type LoadOptions, requestsOf, type Window } from "./protocol";

async function main(): Promise<void> {
    let generator: Generator | undefined;
    const input = readline.createInterface({ input: process.stdin });
    for await (const line of input) {
        if (generator) {
            tell(await generator.cut(requestsOf(line)));
        } else {
            generator = new Generator(JSON.parse(line) as LoadOptions, () => input.close());
        }
    }
    if (generator) tell(await generator.stop());
    // Standard input may still be open where the load ended by itself.
    process.exit(0);
}

function tell(window: Window): void {
    process.stdout.write(`${JSON.stringify(window)}\n`);
}

void main();
