import * as readline from "node:readline/promises";

/** Whether there is somebody who can be asked. */
export function canAsk(): boolean {
    return process.stdin.isTTY && process.stderr.isTTY;
}

/** Asks on stderr, and waits for a line. */
export async function ask(question: string): Promise<string> {
    const asked = readline.createInterface({ input: process.stdin, output: process.stderr });
    try {
        return (await asked.question(question)).trim();
    } finally {
        asked.close();
    }
}

/** Asks for a yes. */
export async function agrees(question: string): Promise<boolean> {
    return /^y(es)?$/i.test(await ask(`${question} [y/N] `));
}
