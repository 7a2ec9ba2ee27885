import { show } from "../show";
import { StackHands } from "../stackHands";
import { StackManyHands } from "../stackManyHands";
import { secondsSince } from "../watch";

/** Which stack a verb is about, and how it tells. */
export interface About {
    readonly stack: string;
    /** Of the project, where it is another than this one. */
    readonly folder?: string | undefined;
    /** An event a line, for programs. */
    readonly json?: boolean;
    /** Milliseconds for which another update of the stack is waited for. */
    readonly waitForLock?: number;
}

/** The hands of a verb about one service, which tell what they do on standard output. */
export function handsFor(service: string, { stack, folder, json = false, waitForLock }: About): StackHands {
    return new StackHands(stack, service, show(process.stdout, json), folder, { lockWait: waitForLock });
}

/** The same of a verb about several services. */
export function manyHandsFor({ stack, folder, json = false, waitForLock }: About): StackManyHands {
    return new StackManyHands(stack, show(process.stdout, json), folder, { lockWait: waitForLock });
}

/**
 * Does something that Ctrl-C ends after what is being done just then: a write is never cut off.
 *
 * @param hands that are told to end.
 */
export async function interruptible<Result>(
    hands: { interrupt(): void },
    what: () => Promise<Result>,
): Promise<Result> {
    const onInterrupt = (): void => {
        process.stderr.write("\nThe step that is being taken is taken to its end, then it stops.\n");
        hands.interrupt();
    };
    process.on("SIGINT", onInterrupt).on("SIGTERM", onInterrupt);
    try {
        return await what();
    } finally {
        process.off("SIGINT", onInterrupt).off("SIGTERM", onInterrupt);
    }
}

/** Waits so many seconds, or until somebody interrupts. */
export async function restFor(
    seconds: number,
    hands: { readonly isInterrupted: boolean; rest(seconds: number): Promise<void> },
): Promise<void> {
    const began = Date.now();
    while (!hands.isInterrupted && secondsSince(began) < seconds) await hands.rest(seconds - secondsSince(began));
}
