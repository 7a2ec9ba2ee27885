import { setTimeout as after } from "node:timers/promises";

/** Where it is drawn. */
export interface Drawn {
    write(text: string): unknown;
    readonly isTTY?: boolean;
}

/** From the first column of the first line on, with what is below taken away: nothing flickers where nothing has changed. */
const fromTheTop = "\x1b[H\x1b[J";

/** Seconds between two looks. */
const everySeconds = 2;

/**
 * Draws a text again and again until somebody interrupts: on a terminal in place, elsewhere only when it is another one.
 *
 * @param look makes the text. What it throws is drawn as well, apart from the first time: a cluster may be away for a while.
 * @param interrupted ends it.
 * @throws what the first look throws.
 */
export async function redraw(
    look: () => Promise<string>,
    screen: Drawn,
    interrupted: AbortSignal,
    seconds = everySeconds,
): Promise<void> {
    let last: string | undefined;
    while (!interrupted.aborted) {
        const text = await look().catch((error: Error) => {
            // Ctrl-C ends Pulumi, too, whose look then fails.
            if (last === undefined && !interrupted.aborted) throw error;
            return error.message;
        });
        // A getter, which the compiler takes for a value: it may be interrupted by now.
        if (interrupted.aborted as boolean) return;
        if (screen.isTTY) screen.write(`${fromTheTop}${text}\n`);
        else if (text !== last) screen.write(`${text}\n`);
        last = text;
        await after(seconds * 1000, undefined, { signal: interrupted }).catch(() => undefined);
    }
}

/** Does something until Ctrl-C, or until the process is to end. */
export async function untilInterrupted(what: (interrupted: AbortSignal) => Promise<void>): Promise<void> {
    const interruption = new AbortController();
    const onInterrupt = (): void => interruption.abort();
    process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
    try {
        await what(interruption.signal);
    } finally {
        process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
    }
}
